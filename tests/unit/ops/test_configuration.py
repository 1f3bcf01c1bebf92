"""What an operator may set, and what is refused with which words."""

from pathlib import Path

import pytest

from ops.run.configuration import KEYS, Configuration, configuration_markdown, read_configuration
from ops.run.refusal import LaunchRefused

BREVO = {"LARABOT_BREVO_API_KEY": "xkeysib-1", "LARABOT_BREVO_LIST_ID": "7"}


def configured(tmp_path: Path, **values: str) -> Configuration:
    return read_configuration({"HOME": "/home/x", **values}, tmp_path / ".env")


def test_without_settings_every_vendor_is_emulated(tmp_path: Path) -> None:
    found = configured(tmp_path)
    assert found.emulated_vendors == ["azure_openai", "azure_speech", "brevo", "posthog", "smtp"]
    assert found.of_reader("gateway") == {"LARABOT_LOG_LEVEL": "info"}


def test_a_vendor_with_all_its_settings_is_real(tmp_path: Path) -> None:
    found = configured(tmp_path, **BREVO)
    assert found.real_vendors == {"brevo"}
    assert found.of_reader("newsletter") == BREVO | {"LARABOT_LOG_LEVEL": "info"}


def test_a_vendors_key_reaches_only_the_service_that_needs_it(tmp_path: Path) -> None:
    assert "LARABOT_BREVO_API_KEY" not in configured(tmp_path, **BREVO).of_reader("analytics")


def test_a_partly_configured_vendor_is_refused_by_the_names_of_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match="LARABOT_BREVO_LIST_ID missing"):
        configured(tmp_path, LARABOT_BREVO_API_KEY="x")


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match=r"LARABOT_BREVO_APIKEY .* LARABOT_BREVO_API_KEY"):
        configured(tmp_path, LARABOT_BREVO_APIKEY="x")


def test_a_refusal_never_prints_a_value(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused) as refusal:
        configured(tmp_path, LARABOT_BREVO_API_KEY="xkeysib-secret")
    assert "xkeysib-secret" not in str(refusal.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LARABOT_LOG_LEVEL=debug\nLARABOT_BREVO_LIST_ID=7\nOTHER=1\n")
    found = configured(tmp_path, LARABOT_LOG_LEVEL="error", LARABOT_BREVO_API_KEY="x")
    assert found.values == {
        "LARABOT_LOG_LEVEL": "error",
        "LARABOT_BREVO_LIST_ID": "7",
        "LARABOT_BREVO_API_KEY": "x",
    }


@pytest.mark.parametrize("value", ["", "none"])
def test_the_file_can_be_left_out(tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text("LARABOT_LOG_LEVEL=debug\n")
    assert configured(tmp_path, LARABOT_ENV_FILE=value).values == {}


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match="not a file"):
        configured(tmp_path, LARABOT_ENV_FILE=str(tmp_path / "absent"))


def test_an_unknown_setting_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LARABOT_NEWS=1\n")
    with pytest.raises(LaunchRefused, match="LARABOT_NEWS"):
        configured(tmp_path)


def test_the_page_about_settings_names_each_of_them() -> None:
    page = configuration_markdown()
    assert all(f"| `{key.name}` |" in page for key in KEYS)
