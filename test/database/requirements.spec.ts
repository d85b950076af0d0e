import { assertMysqlCarries } from '../../lib/database/mysql/mysql.facts.js';
import { assertPostgresCarries } from '../../lib/database/postgres/postgres.facts.js';
import { assertSqliteCarries } from '../../lib/database/sqlite/sqlite.facts.js';

const postgres = (version: string, encoding = 'UTF8') =>
  assertPostgresCarries({ product: 'PostgreSQL', version, encoding });
const mysql = (version: string, logsStatements = false) =>
  assertMysqlCarries({ product: 'MySQL', version, logsStatements });
const mariadb = (version: string, logsStatements = false) =>
  assertMysqlCarries({ product: 'MariaDB', version, logsStatements });
const sqlite = (version: string) => assertSqliteCarries({ product: 'SQLite', version });

describe('a database is', () => {
  const verdict = (check: () => void): string => {
    try {
      check();
      return 'taken';
    } catch (error) {
      expect(error).toMatchObject({ code: 'ARMOX_ARMALO_CONFIGURATION', option: 'dataSource' });
      return (error as Error).message;
    }
  };

  it.each<[string, () => void]>([
    ['PostgreSQL 12', () => postgres('12.0')],
    ['PostgreSQL 18 beta', () => postgres('18beta1')],
    ['PostgreSQL with bytes as they are', () => postgres('15.8 (Debian 15.8-0)', 'SQL_ASCII')],
    ['MySQL 8', () => mysql('8.0.11')],
    ['MySQL 9', () => mysql('9.4.0')],
    ['MariaDB 10.6', () => mariadb('10.6.0-MariaDB')],
    ['SQLite 3.35', () => sqlite('3.35.0')],
    ['SQLite 4', () => sqlite('4.0')],
    ['a version that cannot be read', () => mysql('of the house')],
  ])('taken: %s', (_, check) => {
    expect(verdict(check)).toBe('taken');
  });

  it.each<[RegExp, () => void]>([
    [/PostgreSQL 11\.22; 12\.0 or later is needed/, () => postgres('11.22')],
    [/PostgreSQL 9\.6\.24; 12\.0 or later/, () => postgres('9.6.24')],
    [/MySQL 5\.7\.44-log; 8\.0 or later/, () => mysql('5.7.44-log')],
    [/10\.5\.23-MariaDB; 10\.6 or later/, () => mariadb('10.5.23-MariaDB')],
    [/SQLite 3\.34\.1; 3\.35 or later .*RETURNING/, () => sqlite('3.34.1')],
    [/encoding LATIN1.*UTF8/, () => postgres('15.8', 'LATIN1')],
    [/binlog_format=STATEMENT.*ROW/, () => mariadb('10.11.2-MariaDB', true)],
  ])('refused, saying what to do: %s', (message, check) => {
    expect(verdict(check)).toMatch(message);
  });
});
