import { spawnSync } from 'node:child_process';

/** Prometheus' own judge of rules and of what an application exposes; in Debian's package `prometheus`. */
export function promtool(args: readonly string[], input = ''): { status: number; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    input,
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status: status ?? -1, output: `${stdout}${stderr}` };
}

function isInstalled(): boolean {
  try {
    return promtool(['--version']).status === 0;
  } catch (error) {
    if (process.env['REQUIRE_SERVERS'] === '1') {
      throw new Error('REQUIRE_SERVERS=1, but there is no promtool.', { cause: error });
    }
    return false;
  }
}

/** `it` that shows as skipped where there is no promtool. */
export function itWithPromtool(title: string, body: () => void): void {
  if (isInstalled()) it(title, body);
  else it.skip(`${title} (no promtool)`, body);
}
