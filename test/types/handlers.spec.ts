import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = fileURLToPath(new URL('./handlers.fixture.ts', import.meta.url));
const MARK = '@ts-expect-error';

/** Compiles the fixture without its marks. @returns the lines with errors, counted from 1 */
function linesWithErrors(source: string): number[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  );
  const options = { ...config?.options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === fixture
      ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022)
      : readFile(name, ...rest);
  const program = ts.createProgram([fixture], options, host);
  const file = program.getSourceFile(fixture);
  const found = program.getSemanticDiagnostics(file).map(({ start = 0 }) => {
    return (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  });
  return [...new Set(found)];
}

describe('a handler whose parameter does not fit its event', () => {
  it('does not compile, and one that fits does', () => {
    const text = readFileSync(fixture, 'utf8');
    const marked = text
      .split('\n')
      .flatMap((line, index) => (line.includes(`// ${MARK}`) ? [index + 2] : []));
    expect(marked.length).toBeGreaterThan(10);
    expect(linesWithErrors(text.replaceAll(MARK, 'expected error:'))).toEqual(marked);
  });
});
