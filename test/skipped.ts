/** Skips the running test. The reporter shows the reason in one line: what is missing, and what brings it. */
export function skipTest(context: Mocha.Context, reason: string): never {
  const { test } = context;
  if (test) test.title += ` (skipped: ${reason})`;
  return context.skip();
}

export const NO_MOUNT = 'no right to mount a file system; run the tests as root, or with sudo without a password';
export const NO_IPV6 = 'no IPv6 on the loopback interface; sysctl net.ipv6.conf.lo.disable_ipv6=0';
