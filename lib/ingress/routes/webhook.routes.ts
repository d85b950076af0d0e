import { Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  ArmoxArmaloConfigurationError,
  PUBLIC_URL,
  SOURCES,
  type ConfiguredSource,
} from '../../core/index.js';
import { DEFAULT_BODY_LIMIT } from '../raw-body/raw-body.decorator.js';
import { compilePattern, shapeOf } from './route-pattern.js';
import { RouteTable, type PostRoute } from './route.table.js';

export interface WebhookUrl {
  readonly source: string;
  /** Path with global prefix and version: `/api/webhooks/<source>`. */
  readonly path: string;
}

/** A route that gets raw bodies. */
export interface RawRoute {
  readonly path: string;
  /** Largest body in bytes. */
  readonly limit: number;
  /** Name of the source whose signature guard stands on it. */
  readonly source: string | undefined;
  /** Whether an account is part of the path. */
  readonly account: boolean;
}

export interface OrderedRoute {
  readonly path: string;
  /** Undefined where the application's parsers read the body. */
  readonly raw: RawRoute | undefined;
}

/** What can be said of the webhook routes once the application is being initialised. */
@Injectable()
export class WebhookRoutes {
  constructor(
    private readonly table: RouteTable,
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly host: HttpAdapterHost,
    @Optional()
    @Inject(PUBLIC_URL)
    private readonly base: (() => string | undefined) | undefined = undefined,
  ) {}

  /** Whether this process has an HTTP server: an application context or a microservice has none. */
  get served(): boolean {
    // Without one Nest sets null, against its own type.
    return Boolean(this.host.httpAdapter);
  }

  /**
   * Where the built-in routes are in the end. Call it from `onApplicationBootstrap` or later. In a
   * process without HTTP they are those of a process that has neither global prefix nor versions.
   */
  urls(): readonly WebhookUrl[] {
    return this.table
      .posts()
      .flatMap(({ source, path }) => (source === undefined ? [] : [{ source, path }]));
  }

  /**
   * Where a source's deliveries reach this application: the option `publicUrl` with the route's path.
   * Undefined where either is not known. Call it as late as `urls`.
   */
  publicUrl(source: string): string | undefined {
    const base = this.base?.();
    const route = this.urls().find((url) => url.source === source && !url.path.includes(':'));
    return base === undefined || !route ? undefined : `${base.replace(/\/+$/, '')}${route.path}`;
  }

  /**
   * Every route that takes POST requests, and whether it gets raw bodies: where the patterns of two
   * match a path, the router gives it to the first one.
   * @param firstWins whether that is the order of registration; else text comes before parameters
   */
  inOrder(firstWins: boolean): readonly OrderedRoute[] {
    const routes = this.table
      .posts()
      .filter(({ conditional, rawBody }) => rawBody || !conditional)
      .map((route) => ({ path: route.path, raw: this.rawRoute(route) }));
    return firstWins ? routes : routes.sort((a, b) => parameters(a.path) - parameters(b.path));
  }

  /**
   * @param firstWins whether the router takes the first route that matches, as Express does
   * @throws ArmoxArmaloConfigurationError when a built-in route would not be reached, or would take another's requests
   */
  assertReachable(firstWins: boolean): void {
    const routes = this.table.posts();
    routes.forEach((route, index) => {
      if (route.source === undefined) return;
      const others = routes.filter((other) => other !== route && !other.conditional);
      const same = others.find((other) => shapeOf(other.path) === shapeOf(route.path));
      if (same) throw collision(route, same, 'has the same path');
      if (!firstWins) return;
      const foreign = (other: PostRoute) => other.source === undefined && !other.conditional;
      const before = routes.slice(0, index).filter(foreign);
      const shadow = before.find((other) => takes(other, route));
      if (shadow) throw collision(route, shadow, 'comes first and takes its requests');
      const after = routes.slice(index + 1).filter(foreign);
      const shadowed = after.find((other) => takes(route, other));
      if (shadowed) throw collision(route, shadowed, 'comes later and would never be called');
    });
  }

  /** @throws ArmoxArmaloConfigurationError when a controller of the application takes accounts that have no secrets */
  assertAccounts(): void {
    for (const { path, controller, source, guardedBy } of this.table.posts()) {
      if (source !== undefined || guardedBy === undefined || !namesAccount(path)) continue;
      if (this.configured(guardedBy)?.accounts) continue;
      throw new ArmoxArmaloConfigurationError(
        `${guardedBy}.webhookSecret`,
        `POST ${path} of ${controller} names an account, but the secret is one for all, so whoever has one signed delivery ` +
          'could have it handled for any account. Give a function of the account, or call the parameter something else: it is then no account.',
      );
    }
  }

  private rawRoute({ path, source, guardedBy, rawBody }: PostRoute): RawRoute | undefined {
    if (!rawBody) return undefined;
    const limit = source === undefined ? rawBody.limit : this.configured(source)?.bodyLimit;
    const account = namesAccount(path);
    return { path, source: guardedBy, account, limit: limit ?? DEFAULT_BODY_LIMIT };
  }

  private configured(name: string): ConfiguredSource | undefined {
    return this.sources.find(({ source }) => source.name === name);
  }
}

const namesAccount = (path: string): boolean => /:account(?![\p{ID_Continue}$])/u.test(path);

const parameters = (path: string): number => path.match(/[:*]/g)?.length ?? 0;

const takes = (route: PostRoute, other: PostRoute): boolean =>
  compilePattern(route.path, { caseSensitive: false, strict: false }).test(other.path);

const collision = (
  route: PostRoute,
  other: PostRoute,
  how: string,
): ArmoxArmaloConfigurationError =>
  new ArmoxArmaloConfigurationError(
    `${route.source}.path`,
    `POST ${other.path} of ${other.controller} ${how} (${route.path}), so requests would be lost; give one of them another path.`,
  );
