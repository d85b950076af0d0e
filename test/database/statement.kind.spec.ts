import { describe, expect, it } from '@jest/globals';
import { statementKind } from '../../lib/database/statement.kind.js';

const STATEMENTS = {
  reads: [
    'SELECT 1',
    ' (select 1) UNION (select 2);',
    '-- why\nSELECT 1',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    "SELECT 'it''s; COMMIT'",
    String.raw`SELECT 'it\'s fine'`,
    'SHOW search_path',
  ],
  writes: [
    'INSERT INTO a VALUES (1)',
    '/* why */ UPDATE a SET b = 1',
    "INSERT INTO a VALUES ('; COMMIT')",
    'WITH gone AS (DELETE FROM a RETURNING b) SELECT * FROM gone',
    'SAVEPOINT typeorm_1',
    'ROLLBACK TO SAVEPOINT typeorm_1',
    'SET LOCAL search_path TO tenant',
  ],
  unsafe: [
    'COMMIT',
    'commit work;',
    'ROLLBACK',
    '/* now */ COMMIT',
    '/*!50000 COMMIT */',
    '-- now\nEND',
    'BEGIN',
    'SELECT 1; COMMIT',
    String.raw`SELECT 'C:\'; COMMIT; SELECT '\'`,
    'SET autocommit = 1',
    'SET @@global.max_connections = 1',
    'CREATE TABLE a (b INT)',
    'TRUNCATE a',
    'CALL settle()',
    'XA COMMIT 1',
    'PRAGMA user_version = 1',
    'VACUUM',
  ],
} as const;

describe('What a statement does, by its text', () => {
  for (const [kind, statements] of Object.entries(STATEMENTS)) {
    it.each(statements)(`${kind}: %j`, (statement) => {
      expect(statementKind(statement)).toBe(kind);
    });
  }
});
