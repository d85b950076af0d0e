import 'reflect-metadata';
import {
  Injectable,
  RequestMethod,
  VERSION_NEUTRAL,
  VersioningType,
  type Type,
  type VersioningOptions,
} from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { rawBodyOptionsOf, type CaptureRawBodyOptions } from '../raw-body/raw-body.decorator.js';
import { SignatureGuard } from '../webhook/signature.guard.js';
import { webhookSourceOf } from './webhook-route.metadata.js';

/** A route of the application that takes POST requests. */
export interface PostRoute {
  /** Full path pattern, with global prefix and version: `/api/v1/webhooks/<source>/:account`. */
  readonly path: string;
  readonly controller: string;
  /** Whether it answers to some hosts, or to some versions that are not in its path, only. */
  readonly conditional: boolean;
  /** Set where `@CaptureRawBody()` stands. */
  readonly rawBody: CaptureRawBodyOptions | undefined;
  /** Name of the source whose built-in route it is. */
  readonly source: string | undefined;
  /** Name of the source whose signature guard stands on it. */
  readonly guardedBy: string | undefined;
}

/*
 * Nest's metadata keys. They are the same in 11 and 12, and exported by neither under a path that
 * both have.
 */
const PATH = 'path';
const METHOD = 'method';
const HOST = 'host';
const VERSION = '__version__';
const MODULE_PATH = '__module_path__';
const GUARDS = '__guards__';

type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

type Versions = string | symbol | readonly (string | symbol)[] | undefined;

/**
 * The POST routes of the application in the order Nest registers them, computed as Nest does. It is
 * read when the application is initialised, not when it is created: main.ts sets the prefix and the
 * versioning in between.
 */
@Injectable()
export class RouteTable {
  private routes: readonly PostRoute[] | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {}

  posts(): readonly PostRoute[] {
    this.routes ??= [...this.modules.values()].flatMap((module) =>
      [...module.controllers.values()].flatMap(({ metatype }) =>
        typeof metatype === 'function' ? this.routesOf(metatype as Type, module) : [],
      ),
    );
    return this.routes;
  }

  private modulePath(module: object): string {
    const found: unknown =
      Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, module) ??
      Reflect.getMetadata(MODULE_PATH, module);
    return typeof found === 'string' ? found : '';
  }

  private routesOf(controller: Type, module: NestModule): readonly PostRoute[] {
    const modulePath = this.modulePath(module.metatype);
    const prototype = controller.prototype as Record<string, object>;
    const names = new MetadataScanner().getAllMethodNames(prototype);
    return names.flatMap((name) => {
      const method = prototype[name] as object;
      const verb = Reflect.getMetadata(METHOD, method) as RequestMethod | undefined;
      if (verb !== RequestMethod.POST && verb !== RequestMethod.ALL) return [];
      const versions = this.versionsOf(controller, method);
      const shared = {
        controller: controller.name,
        conditional: this.isConditional(controller, versions),
        rawBody: rawBodyOptionsOf(controller, method),
        source: webhookSourceOf(controller),
        guardedBy: guardedBy(module, [controller, method]),
      };
      return this.pathsOf(controller, method, modulePath, verb, versions).map((path) => ({
        path,
        ...shared,
      }));
    });
  }

  private versionsOf(controller: object, method: object): Versions {
    const versioning = this.config.getVersioning();
    if (!versioning) return undefined;
    return (
      (Reflect.getMetadata(VERSION, method) as Versions) ||
      ((Reflect.getMetadata(VERSION, controller) as Versions) ?? versioning.defaultVersion)
    );
  }

  private isConditional(controller: object, versions: Versions): boolean {
    const byHeader = this.config.getVersioning()?.type !== VersioningType.URI;
    const named = [versions ?? []].flat().some((version) => version !== VERSION_NEUTRAL);
    return Reflect.getMetadata(HOST, controller) !== undefined || (byHeader && named);
  }

  private pathsOf(
    controller: object,
    method: object,
    modulePath: string,
    verb: RequestMethod,
    versions: Versions,
  ): readonly string[] {
    const unversioned = listOf(Reflect.getMetadata(PATH, controller)).flatMap((ofController) =>
      listOf(Reflect.getMetadata(PATH, method)).map((ofMethod) =>
        join(modulePath, ofController, ofMethod),
      ),
    );
    return versionSegments(versions, this.config.getVersioning()).flatMap((version) =>
      unversioned.map(
        (path) => join(this.isExcluded(path, verb) ? '' : this.prefix(), version, path) || '/',
      ),
    );
  }

  private prefix(): string {
    return this.config.getGlobalPrefix();
  }

  /** Exclusions are written without the version. */
  private isExcluded(path: string, verb: RequestMethod): boolean {
    const exclusions = this.config.getGlobalPrefixOptions().exclude ?? [];
    return exclusions.some(
      ({ requestMethod, pathRegex }) =>
        // -1 is what Nest's router calls every method with.
        (requestMethod === RequestMethod.ALL ||
          (requestMethod as number) === -1 ||
          requestMethod === verb) &&
        pathRegex.test(path || '/'),
    );
  }
}

/** Nest keeps the instance of a guard with the module of its controller. */
function guardedBy(module: NestModule, places: readonly object[]): string | undefined {
  const guards = places.flatMap(
    (place) => (Reflect.getMetadata(GUARDS, place) ?? []) as readonly (Type | object)[],
  );
  return guards
    .map((guard) => (typeof guard === 'function' ? module.injectables.get(guard)?.instance : guard))
    .find((guard) => guard instanceof SignatureGuard)?.sourceName;
}

function versionSegments(versions: Versions, versioning?: VersioningOptions): readonly string[] {
  if (versioning?.type !== VersioningType.URI || versions === undefined) return [''];
  const prefix = versioning.prefix === false ? '' : (versioning.prefix ?? 'v');
  return [versions]
    .flat()
    .map((version) => (version === VERSION_NEUTRAL ? '' : `${prefix}${String(version)}`));
}

const listOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).map((path) => (typeof path === 'string' ? path : ''));

/** `join('api', '', '/webhooks/')` is `/api/webhooks`; nothing but empty parts is `''`. */
function join(...parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .map((part) => `/${part}`)
    .join('');
}
