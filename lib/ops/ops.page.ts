import type { ServerResponse } from 'node:http';
import {
  Logger,
  RequestMethod,
  type MiddlewareConsumer,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { LiveStream } from './http/live.stream.js';
import type { OpenApiParts } from './http/openapi.document.js';
import { urlOf, type HttpRequest } from './http/ops.request.js';
import type { OpsServer } from './http/ops.server.js';

/** Where the page is in the application. */
export class OpsPage implements OnModuleDestroy {
  private readonly path: string;

  /** @param path below the global prefix */
  constructor(
    private readonly server: OpsServer,
    private readonly live: Pick<LiveStream, 'close'>,
    path: string,
    private readonly config: Pick<ApplicationConfig, 'getGlobalPrefix'>,
    private readonly logger = new Logger('ArmoxArmaloModule'),
  ) {
    this.path = trimmed(path);
  }

  /**
   * As a middleware, behind those of main.ts and before every route: guards, pipes and interceptors of the
   * application are made for its own controllers, and would change what the page is answered.
   */
  mount(consumer: MiddlewareConsumer): void {
    const path = `${this.path}{/*rest}`;
    consumer
      .apply((request: HttpRequest, response: ServerResponse) => {
        void this.server.handle(request, response, this.pathBelow(request));
      })
      .forRoutes({ path, method: RequestMethod.ALL });
    this.logger.log(`Operations page: ${this.mountPath()}/`);
  }

  /**
   * The document of `SwaggerModule.createDocument` with the routes of the operations API. Without Swagger the page
   * serves one of its own at `api/openapi.json`.
   */
  addTo<Document extends Partial<OpenApiParts>>(document: Document): Document & OpenApiParts {
    const { paths, components } = this.server.openApi(`${this.mountPath()}/api`);
    return {
      ...document,
      paths: { ...document.paths, ...paths },
      components: {
        ...document.components,
        schemas: { ...document.components?.schemas, ...components.schemas },
        securitySchemes: { ...document.components?.securitySchemes, ...components.securitySchemes },
      },
    };
  }

  /** Before the server is closed, which waits for open answers. */
  onModuleDestroy(): void {
    this.live.close();
  }

  private pathBelow(request: HttpRequest): string {
    const [path = ''] = urlOf(request).split('?', 1);
    const mount = this.mountPath();
    // A route that the global prefix excludes is found at its own path.
    const own = path.toLowerCase().startsWith(mount.toLowerCase()) ? mount : `/${this.path}`;
    return path.slice(own.length);
  }

  private mountPath(): string {
    const prefix = trimmed(this.config.getGlobalPrefix());
    return prefix === '' ? `/${this.path}` : `/${prefix}/${this.path}`;
  }
}

const trimmed = (path: string): string => path.replaceAll(/^\/+|\/+$/g, '');
