import ts from 'typescript';

const ENTRIES = ['lib/index.ts', 'lib/testing/index.ts'];

/** The public types as the compiler sees them, since at run time there are none. */
export class PublicTypes {
  private readonly checker: ts.TypeChecker;
  private readonly exported: ReadonlyMap<string, ts.Symbol>;

  constructor() {
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
      config: object;
    };
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, '.');
    const program = ts.createProgram(ENTRIES, options);
    this.checker = program.getTypeChecker();
    this.exported = new Map(
      ENTRIES.flatMap((entry) => {
        const module = this.checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.Node);
        return this.checker
          .getExportsOfModule(module as ts.Symbol)
          .map((symbol) => [symbol.name, symbol] as const);
      }),
    );
  }

  /** Names of an interface's or class's fields. */
  fields(name: string): readonly string[] {
    return this.type(name)
      .getProperties()
      .map((property) => property.name);
  }

  /** The texts of a union of literals, which may be the type of a field. */
  texts(name: string, field?: string): readonly string[] {
    const type = field === undefined ? this.type(name) : this.field(name, field);
    return (type.isUnion() ? type.types : [type]).flatMap((each) =>
      each.isStringLiteral() ? [each.value] : [],
    );
  }

  private field(name: string, field: string): ts.Type {
    const symbol = this.type(name).getProperty(field);
    if (!symbol) throw new Error(`${name} has no field ${field}.`);
    return this.checker.getTypeOfSymbol(symbol);
  }

  private type(name: string): ts.Type {
    const symbol = this.exported.get(name);
    if (!symbol) throw new Error(`The package exports no ${name}.`);
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return this.checker.getDeclaredTypeOfSymbol(
      isAlias ? this.checker.getAliasedSymbol(symbol) : symbol,
    );
  }
}
