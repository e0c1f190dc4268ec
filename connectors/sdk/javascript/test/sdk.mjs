// The SDK as a connector has it: bundled with the packages of the folder that the tests are started in.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../build.mjs';

const file = join(mkdtempSync(join(tmpdir(), 'sdk-')), 'sdk.mjs');
await bundle(`export * from ${JSON.stringify(fileURLToPath(new URL('../trunkline.js', import.meta.url)))};`, file);

/** Everything of `trunkline.js`. */
export default await import(pathToFileURL(file));
