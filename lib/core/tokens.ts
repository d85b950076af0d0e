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
/** `InboxDatabase`: the module's own connections, for what keeps tables of its own beside the inbox. */
export const INBOX_DATABASE = Symbol.for('armox-armalo:inbox-database');
/** `Tracing`; where the application provides none, nothing is traced. */
export const TRACING = Symbol.for('armox-armalo:tracing');
/** `() => string | undefined`: where the services reach this application. */
export const PUBLIC_URL = Symbol.for('armox-armalo:public-url');

/** The checked options of a source, as they were given; undefined where the source is not configured. */
export const sourceOptionsToken = (source: string): symbol =>
  Symbol.for(`armox-armalo:source-options:${source}`);
/** `WebhookSource`; undefined where the source is not configured. */
export const webhookSourceToken = (source: string): symbol =>
  Symbol.for(`armox-armalo:webhook-source:${source}`);
/** `readonly EventFeed[]` of a source. */
export const feedsToken = (source: string): symbol => Symbol.for(`armox-armalo:feeds:${source}`);
