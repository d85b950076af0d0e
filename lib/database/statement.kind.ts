/** `unsafe`: it may commit, or be kept though its transaction is rolled back, on one of the databases. */
export type StatementKind = 'reads' | 'writes' | 'unsafe';

/*
 * By the first word, and only words that are known: DDL commits on MySQL, and so may a procedure. `SET` changes the
 * session, but for some of MySQL that commit or are the server's.
 */
const READS = /^(select|values|table|show|explain|describe|desc|with)\b/i;
const WRITES =
  /^(insert|update|delete|replace|merge|notify|savepoint|release|rollback\s+(work\s+|transaction\s+)?to|set(?!.*\b(autocommit|password|global|persist|persist_only)\b))\b/is;
const WRITES_WITHIN = /\b(insert|update|delete|merge)\b/i;

/** Quoted texts, names and comments; `/*!` is a statement to MySQL. A backslash escapes a quote, or is itself. */
const QUOTED_WITH_ESCAPES =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--[^\n]*|\/\*(?!!)[\s\S]*?\*\//g;
const QUOTED = /'[^']*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*(?!!)[\s\S]*?\*\//g;

/** What a text of one statement, or of several, does. */
export function statementKind(text: string): StatementKind {
  const kinds = [QUOTED, QUOTED_WITH_ESCAPES].flatMap((quoted) =>
    text
      .replaceAll(quoted, ' ')
      .split(';')
      .map((statement) => statement.replace(/^[\s(]+/, ''))
      .filter((statement) => statement !== '')
      .map(kindOfOne),
  );
  if (kinds.includes('unsafe')) return 'unsafe';
  return kinds.includes('writes') ? 'writes' : 'reads';
}

function kindOfOne(statement: string): StatementKind {
  if (WRITES.test(statement)) return 'writes';
  if (!READS.test(statement)) return 'unsafe';
  return /^with\b/i.test(statement) && WRITES_WITHIN.test(statement) ? 'writes' : 'reads';
}
