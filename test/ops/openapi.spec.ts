import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpsPage } from '../../lib/ops/index.js';
import type { OpenApiDocument } from '../../lib/ops/http/openapi.document.js';
import { testDatabase, type TestDatabase } from '../databases.js';
import { Application } from '../flow/application.js';
import { OpsClient, OPERATOR } from './ops-client.js';

const sqlite = await testDatabase('sqlite');

describe('The OpenAPI document of the operations API', () => {
  let database: TestDatabase;
  let app: Application;
  let document: OpenApiDocument;

  beforeAll(async () => {
    database = await sqlite.create();
    app = await Application.start({ database, options: { ops: { access: [OPERATOR] } } });
    document = await new OpsClient(`${app.url}/ops`).get<OpenApiDocument>('api/openapi.json');
  });

  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  it('has every route with its parameters', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths['/events/{id}']).toMatchObject({
      get: { parameters: [{ name: 'id', in: 'path', required: true }] },
    });
    expect(document.paths['/events/{id}/replay']).toMatchObject({
      post: { description: 'For the role `operate`.' },
    });
  });

  it('refers to no schema that it does not have, and describes each answer', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/#\/components\/schemas\/([\w-]+)/g)].map(([, name]) => name);
    expect(names).toContain('EventView');
    for (const name of names) expect(document.components.schemas).toHaveProperty([name as string]);
  });

  it("is added to the application's own document", () => {
    const whole = app.nest.get(OpsPage).addTo({ paths: { '/cats': {} } });
    expect(Object.keys(whole.paths)).toEqual(
      expect.arrayContaining(['/cats', '/ops/api/events', '/ops/api/session']),
    );
  });
});
