/*
 * Injection tokens. `Symbol.for`, so that the ES module and the CommonJS copy of the package, where
 * one process loads both, mean the same.
 */

/** `readonly ConfiguredSource[]` */
export const SOURCES = Symbol.for('armox-armalo:sources');
/** `InboxStore` */
export const INBOX_STORE = Symbol.for('armox-armalo:inbox-store');
/** `ArmoxArmaloOptions`, as the application gave them. */
export const MODULE_OPTIONS = Symbol.for('armox-armalo:module-options');
/** `ResolvedOptions` */
export const RESOLVED_OPTIONS = Symbol.for('armox-armalo:options');
