/** The Speech SDK starts its timer as a worker from a blob; under Trusted Types that one thing is allowed. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): unknown;
}

let allowed = false;

export function allowOwnWorkers(): void {
  const { trustedTypes } = window as unknown as { trustedTypes?: PolicyFactory };
  if (!trustedTypes || allowed) return;
  allowed = true;
  const ownBlob = `blob:${location.origin}/`;
  trustedTypes.createPolicy("default", {
    createScriptURL: (address) => {
      if (address.startsWith(ownBlob)) return address;
      throw new TypeError("only this page's own workers may be started");
    },
  });
}
