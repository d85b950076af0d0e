import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { deadEventWarnings, handlerWarnings } from './boot-warnings.js';
import { INBOX_STORE, RESOLVED_OPTIONS, SOURCES, type ConfiguredSource } from '../core/index.js';
import { HandlerRegistry } from '../handlers/index.js';
import type { OperatorStore } from '../inbox/index.js';
import { WebhookRoutes } from '../ingress/index.js';
import type { ResolvedOptions } from './resolve-options.js';

/** At start, one line per source: where it is received, by how many handlers, and what nobody handles. */
@Injectable()
export class BootReport implements OnApplicationBootstrap {
  private readonly logger = new Logger('ArmoxArmaloModule');

  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly routes: WebhookRoutes,
    private readonly handlers: HandlerRegistry,
    @Inject(INBOX_STORE) private readonly store: OperatorStore,
  ) {}

  onApplicationBootstrap(): void {
    this.handlers.discover(this.sources.map(({ source }) => source));
    for (const source of this.sources) this.logger.log(this.lineOf(source));
    if (!this.options.worker) return;
    const names = this.sources.map(({ source }) => source.name);
    for (const warning of handlerWarnings(this.handlers, names)) this.logger.warn(warning);
    void this.warnOfDeadEvents();
  }

  /** Not waited for: the count of a large table must not hold up the start. */
  private async warnOfDeadEvents(): Promise<void> {
    try {
      for (const warning of await deadEventWarnings(this.store)) this.logger.warn(warning);
    } catch (error) {
      this.logger.debug(`Dead events could not be counted: ${String(error)}`);
    }
  }

  private lineOf(configured: ConfiguredSource): string {
    const { name } = configured.source;
    const unhandled = this.handlers.unhandled(name, configured.expected);
    return [
      `${name}: ${this.whereReceived(configured)}`,
      this.whoHandles(name),
      ...(unhandled.length > 0 ? [`without a handler: ${unhandled.join(', ')}`] : []),
    ].join(', ');
  }

  private whereReceived({ source: { name }, accounts, receives }: ConfiguredSource): string {
    if (!this.routes.served) return 'no HTTP in this process';
    const paths = this.routes
      .urls()
      .filter(({ source, path }) => source === name && path.endsWith('/:account') === accounts);
    const where = paths.map(({ path }) => `POST ${path}`).join(', ') || 'no built-in route';
    return receives ? where : `${where}, no webhookSecret, so deliveries are refused`;
  }

  private whoHandles(name: string): string {
    if (!this.options.worker) return 'handles nothing here (worker: false)';
    const count = this.handlers.all().filter((handler) => handler.source === name).length;
    return `${count} handler${count === 1 ? '' : 's'}`;
  }
}
