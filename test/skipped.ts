/** Skips the running test, or the tests of the suite in a `before`. The reporter shows the reason in one line: what is missing, and what brings it. */
export function skipTest(context: Mocha.Context, reason: string): never {
  const { test } = context;
  const isHook = test !== undefined && 'type' in test && test.type === 'hook';
  const named = isHook ? test.parent : test;
  if (named) named.title += ` (skipped: ${reason})`;
  return context.skip();
}

export const NO_MOUNT = 'no right to mount a file system; run the tests as root, or with sudo without a password';
export const NO_IPV6 = 'no IPv6 on the loopback interface; sysctl net.ipv6.conf.lo.disable_ipv6=0';
export const NOT_ROOT = 'only root can act as another user; run the tests as root';
