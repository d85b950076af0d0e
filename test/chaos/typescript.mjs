// `node --import ./test/chaos/typescript.mjs file.ts`: runs TypeScript without a build of its own.
import { register } from 'node:module';

register('./typescript.hooks.mjs', import.meta.url);
