import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = fileURLToPath(new URL('./handlers.fixture.ts', import.meta.url));
const MARK = '@ts-expect-error';

interface CompileError {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Compiles the fixture without its marks. */
function errorsIn(source: string): readonly CompileError[] {
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
  return program.getSemanticDiagnostics(file).map(({ start = 0, messageText }) => ({
    line: (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1,
    text: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}

describe('a handler whose parameter does not fit its event', () => {
  const text = readFileSync(fixture, 'utf8');
  const errors = errorsIn(text.replaceAll(MARK, 'expected error:'));

  it('does not compile, and one that fits does', () => {
    const marked = text
      .split('\n')
      .flatMap((line, index) => (line.includes(`// ${MARK}`) ? [index + 2] : []));
    expect(marked.length).toBeGreaterThan(10);
    expect([...new Set(errors.map(({ line }) => line))]).toEqual(marked);
  });

  it.each([
    ['pact.violatd', 'pact.violated'],
    ['score.change', 'score.changed'],
    ['job.canceled', 'job.cancelled'],
  ])(
    'gets one error for the misspelt name %s, which suggests %s and lists no others',
    (wrong, right) => {
      const at =
        text
          .split('\n')
          .findIndex((line) => line.includes(`Event('${wrong}'`) || line.includes(`, '${wrong}'`)) +
        1;
      const [error, ...more] = errors.filter(({ line }) => line === at);
      expect(more).toEqual([]);
      expect(error?.text).toContain(`'${wrong}' is no documented event; did you mean '${right}'?`);
      expect(error?.text).not.toContain('swarm.halted');
    },
  );
});
