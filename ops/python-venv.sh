#!/bin/sh
# Before there is an environment: Debian and Ubuntu part ensurepip from python3, and without it venv fails.
# usage: sh ops/python-venv.sh PYTHON
set -eu
python=$1

has_ensurepip() { "$python" -c 'import ensurepip' 2>/dev/null; }
version_of() { "$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'; }

has_ensurepip && exit 0

if [ ! -e /etc/debian_version ]; then
  echo "$python has no ensurepip, which venv needs: install it, or set PYTHON=… to a complete Python." >&2
  exit 1
fi

# The distribution's own python3 has the package without a version.
package=$(version_of "$python")-venv
if [ -x /usr/bin/python3 ] && [ "$package" = "$(version_of /usr/bin/python3)-venv" ]; then
  package=python3-venv
fi

if [ "$(id -u)" = 0 ]; then
  echo "→ installing $package, which venv needs"
  # Another apt may be at work; the default is to fail at once.
  for action in update "install -y --no-install-recommends $package"; do
    # shellcheck disable=SC2086  # words of one command
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 $action >&2 || true
  done
  has_ensurepip && exit 0
fi

echo "$python cannot make an environment: ensurepip is missing. Install it and try again:" >&2
echo "  sudo apt-get install $package" >&2
exit 1
