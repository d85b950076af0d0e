import { ArmoxArmaloConfigurationError } from '../core/index.js';

/** What a database is asked for once, at boot, before the inbox relies on it. */
export interface Product {
  readonly product: string;
  /** As the database writes it. */
  readonly version: string;
}

export interface Requirement {
  /** Major and minor. */
  readonly version: readonly [number, number];
  readonly because: string;
}

/** @throws ArmoxArmaloConfigurationError for an older version */
export function assertVersion({ product, version }: Product, required: Requirement): void {
  if (!isOlder(version, required.version)) return;
  throw new ArmoxArmaloConfigurationError(
    'dataSource',
    `the database is ${product} ${version}; ${required.version.join('.')} or later is needed, since ${required.because}.`,
  );
}

/** A version that cannot be read is taken for new. */
function isOlder(version: string, [major, minor]: Requirement['version']): boolean {
  const found = /^(\d+)(?:\.(\d+))?/.exec(version);
  if (!found) return false;
  const [foundMajor, foundMinor] = [Number(found[1]), Number(found[2] ?? 0)];
  return foundMajor < major || (foundMajor === major && foundMinor < minor);
}
