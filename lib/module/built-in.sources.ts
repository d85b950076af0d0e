import type { SourceDefinition } from '../source-definition/index.js';
import { armalo } from '../sources/armalo/index.js';
import { armox } from '../sources/armox/index.js';

/** The sources that every application has; `forRoot({ sources })` adds to them. */
export const BUILT_IN_SOURCES: readonly SourceDefinition[] = [armox, armalo];
