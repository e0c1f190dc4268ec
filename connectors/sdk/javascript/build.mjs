// Builds the connector in this folder: `node <sdk>/build.mjs --wit <folder of the contract>` gives `build/<id>.wasm`.
//
// The tools are those of the connector's own `node_modules`, so that its package.json says which.
import { mkdirSync, readFileSync, readdirSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Abilities by the contract's names. What `src/connector.js` exports under one of them, the component exports. */
const ABILITIES = ['inbound', 'outbound', 'media', 'profiles', 'simulator'];
const CONTRACT = 'trunkline:connector';

const require = createRequire(resolve('package.json'));

/** The connector as one script, with what it exports. `contents` is an entry of its own instead of a file. */
export async function bundle(contents, outfile) {
  const { build } = require('esbuild');
  return build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: 'entry.js' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // The SDK's files lie elsewhere: their packages are the connector's.
    nodePaths: [resolve('node_modules')],
    loader: { '.toml': 'text' },
    metafile: true,
    write: outfile !== undefined,
    outfile: outfile ?? 'entry.mjs',
  });
}

function stop(what, hint) {
  console.error(`error: ${what}\nhint: ${hint}`);
  process.exit(1);
}

/** The version of the contract, from the head of any of its files. */
function version(wit) {
  for (const file of readdirSync(wit).filter((name) => name.endsWith('.wit'))) {
    const found = readFileSync(join(wit, file), 'utf8').match(/^package trunkline:connector@([^;\s]+);/m);
    if (found) return found[1];
  }
  return stop(`\`${wit}\` holds no package \`${CONTRACT}\``, 'give the folder with the contract: `--wit ../../wit`');
}

async function main() {
  const flag = process.argv.indexOf('--wit');
  if (flag < 0 || !process.argv[flag + 1]) stop('no `--wit`', 'give the folder with the contract: `--wit ../../wit`');
  const wit = resolve(process.argv[flag + 1]);
  const manifest = readFileSync('connector.toml', 'utf8');
  const id = manifest.match(/^id\s*=\s*"([a-z][a-z0-9-]*)"/m)?.[1];
  if (!id) stop('`connector.toml` has no `id`', 'write `id = "my-channel"`: small letters, digits and hyphens');

  const look = await bundle("export * from './src/connector.js';");
  const [output] = Object.values(look.metafile.outputs);
  const abilities = output.exports.filter((name) => name !== 'about');
  const unknown = abilities.find((name) => !ABILITIES.includes(name));
  if (unknown) stop(`\`src/connector.js\` exports \`${unknown}\``, `the contract has ${ABILITIES.join(', ')}`);
  if (!abilities.includes('inbound')) stop('`src/connector.js` exports no `inbound`', 'write `export const inbound = receiver(receive);`');

  // The folder of the tools is made anew: a file of yesterday's contract must not stay.
  const world = join('build', 'wit');
  rmSync(world, { recursive: true, force: true });
  mkdirSync(join(world, 'deps', 'connector'), { recursive: true });
  for (const file of readdirSync(wit).filter((name) => name.endsWith('.wit'))) {
    copyFileSync(join(wit, file), join(world, 'deps', 'connector', file));
  }
  const at = version(wit);
  const exports = ['about', ...abilities].map((name) => `  export ${CONTRACT}/${name}@${at};\n`);
  writeFileSync(join(world, 'world.wit'), `package channel:${id};\nworld channel {\n${exports.join('')}}\n`);

  const script = join('build', `${id}.js`);
  await bundle(
    "import manifest from './connector.toml';\nexport * from './src/connector.js';\nexport const about = { manifest: () => manifest };\n",
    script,
  );
  const { componentize } = require('componentize-qjs');
  const { component } = await componentize({
    witPath: world,
    world: 'channel',
    jsSource: readFileSync(script, 'utf8'),
    // No clock, no randomness, no files: whatever would ask for one traps.
    stubWasi: true,
    sync: true,
    optSize: process.argv.includes('--opt-size'),
  });
  writeFileSync(join('build', `${id}.wasm`), component);
  console.log(`build/${id}.wasm: ${Math.ceil(component.length / 1000)} kB, exports ${['about', ...abilities].join(', ')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
