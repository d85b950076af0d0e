import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationError, SOURCES, type ConfiguredSource } from '../core/index.js';
import { DEFAULT_BODY_LIMIT } from './raw-body.decorator.js';
import { compilePattern, shapeOf } from './route-pattern.js';
import { RouteTable, type PostRoute } from './route.table.js';

export interface WebhookUrl {
  readonly source: string;
  /** Path with global prefix and version: `/api/webhooks/armalo`. */
  readonly path: string;
}

/** A route that gets raw bodies. */
export interface RawRoute {
  readonly path: string;
  /** Largest body in bytes. */
  readonly limit: number;
  /** Name of the source whose built-in route it is; undefined for a controller of the application. */
  readonly source: string | undefined;
}

/** What can be said of the webhook routes once the application is being initialised. */
@Injectable()
export class WebhookRoutes {
  constructor(
    private readonly table: RouteTable,
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
  ) {}

  /** Where the built-in routes are in the end. Call it from `onApplicationBootstrap` or later. */
  urls(): readonly WebhookUrl[] {
    return this.table
      .posts()
      .flatMap(({ source, path }) => (source === undefined ? [] : [{ source, path }]));
  }

  raw(): readonly RawRoute[] {
    return this.table
      .posts()
      .flatMap(({ path, rawBody, source }) =>
        rawBody
          ? [{ path, source, limit: this.limitOf(source) ?? rawBody.limit ?? DEFAULT_BODY_LIMIT }]
          : [],
      );
  }

  /**
   * @param firstWins whether the router takes the first route that matches, as Express does
   * @throws ConfigurationError when a built-in route would not be reached, or would take another's requests
   */
  assertReachable(firstWins: boolean): void {
    const routes = this.table.posts();
    routes.forEach((route, index) => {
      if (route.source === undefined) return;
      const others = routes.filter((other) => other !== route && !other.conditional);
      const same = others.find((other) => shapeOf(other.path) === shapeOf(route.path));
      if (same) throw collision(route, same, 'has the same path');
      const before = firstWins ? routes.slice(0, index).filter((o) => !o.conditional) : [];
      const shadow = before.find((other) => other.source === undefined && shadows(other, route));
      if (shadow) throw collision(route, shadow, 'comes first and takes its requests');
    });
  }

  private limitOf(source: string | undefined): number | undefined {
    return this.sources.find((configured) => configured.source.name === source)?.bodyLimit;
  }
}

const shadows = (other: PostRoute, route: PostRoute): boolean =>
  compilePattern(other.path, { caseSensitive: false, strict: false }).test(route.path);

const collision = (route: PostRoute, other: PostRoute, how: string): ConfigurationError =>
  new ConfigurationError(
    `${route.source}.path`,
    `POST ${other.path} of ${other.controller} ${how} (${route.path}), so webhooks would be lost; give one of them another path.`,
  );
