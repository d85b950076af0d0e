import { Inject, Injectable, Scope, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { ArmoxArmaloConfigurationError, INBOX_STORE, MODULE_OPTIONS } from '../core/index.js';

/**
 * A request-scoped provider makes whatever depends on it anew for each request: here the routes, and
 * the connections of the inbox. Nest says nothing of it at boot, and nothing of ours would have been
 * made by then but this check, which depends on none of it.
 */
@Injectable()
export class OptionsScopeCheck implements OnModuleInit {
  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** @throws ArmoxArmaloConfigurationError when the options or the DataSource are made anew for each request */
  onModuleInit(): void {
    this.assertMadeOnce(MODULE_OPTIONS, 'useFactory', 'The options');
    this.assertMadeOnce(INBOX_STORE, 'dataSource', 'The DataSource');
  }

  private assertMadeOnce(token: symbol, option: string, what: string): void {
    if (this.moduleRef.introspect(token).scope !== Scope.REQUEST) return;
    const culprit = requestScoped(this.wrapperOf(token));
    throw new ArmoxArmaloConfigurationError(
      option,
      `${what} would be made anew for each request, since ${culprit ?? 'a provider'} is request-scoped; routes and ` +
        'connections are made once, at boot. Inject providers of the default scope only.',
    );
  }

  private wrapperOf(token: symbol): InstanceWrapper | undefined {
    return [...this.modules.values()].map((module) => module.providers.get(token)).find(Boolean);
  }
}

/** Name of the first request-scoped provider that this one, or what it needs, is made from. */
function requestScoped(
  wrapper: InstanceWrapper | undefined,
  seen = new Set<InstanceWrapper>(),
): string | undefined {
  if (!wrapper || seen.has(wrapper)) return undefined;
  seen.add(wrapper);
  if (wrapper.scope === Scope.REQUEST) return `\`${String(wrapper.name)}\``;
  const needs = [
    ...(wrapper.getCtorMetadata() ?? []),
    ...(wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper),
  ];
  return needs.map((need) => requestScoped(need, seen)).find((name) => name !== undefined);
}
