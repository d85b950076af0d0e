import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The packages that the module is compared with; bench/peers/package.json has their versions. */
export const PEERS = ['pg-boss', 'graphile-worker', 'bullmq'] as const;
export type PeerName = (typeof PEERS)[number];

/** What `--against` takes: a package, or what one writes by hand. */
export const OPPONENTS = [...PEERS, 'hand-written'] as const;
export type Opponent = (typeof OPPONENTS)[number];

export const peersAmong = (opponents: readonly Opponent[]): readonly PeerName[] =>
  PEERS.filter((peer) => opponents.includes(peer));

const FOLDER = fileURLToPath(new URL('./peers/', import.meta.url));
const UNDER_ANOTHER_NODE = 'npm exec -y --package=node@24 -- npm run bench -- …';

/** Installs them from bench/peers/package-lock.json where one of them is not there. */
export function installPeers(): void {
  if (PEERS.every((peer) => existsSync(manifestOf(peer)))) return;
  console.log('The peers are not installed: npm ci in bench/peers …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm ci in bench/peers failed (${status}).`);
}

export const peerVersion = (peer: PeerName): string => readManifest(peer).version;

/** Why a peer cannot run here; undefined where it can. */
export function whyNot(peer: PeerName): string | undefined {
  const wanted = readManifest(peer).engines?.node ?? '';
  const least = /^>=\s*(\d+)\.(\d+)/.exec(wanted);
  if (!least) return undefined;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough =
    major > Number(least[1]) || (major === Number(least[1]) && minor >= Number(least[2]));
  return enough
    ? undefined
    : `needs Node ${wanted}, this is ${process.versions.node}; ${UNDER_ANOTHER_NODE}`;
}

interface Manifest {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

const manifestOf = (peer: PeerName): string => `${FOLDER}node_modules/${peer}/package.json`;

const readManifest = (peer: PeerName): Manifest =>
  JSON.parse(readFileSync(manifestOf(peer), 'utf8')) as Manifest;
