// A PostgreSQL of its own for the Chat SDK, in a folder that is thrown away: default durability (`fsync` and
// `synchronous_commit` on), on the loopback interface only.
//
//     FOLDER=an-empty-folder PORT=5433 node postgres.mjs
//
// prints one line, its address for `DATABASE_URL`, once it accepts connections; SIGTERM or SIGINT ends it, and then this.
// Without FOLDER it makes a temporary one and removes it; without PORT it takes a free one.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";

const MAX_CONNECTIONS = 100;

function fail(text, hint) {
  console.error(`${text}\nhint: ${hint}`);
  process.exit(1);
}

/** The folder of `postgres` and `initdb`: on the path, or where Debian's packages have them (newest first). */
function programs() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : [];
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...versions.map((version) => join(root, version, "bin"))];
  const found = folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  if (found) return found;
  return fail("`postgres` and `initdb` are not on this machine", "install PostgreSQL (Debian: `apt-get install postgresql`)");
}

/** Who runs it: PostgreSQL refuses root. Nothing: who runs this. */
function owner() {
  if (process.getuid() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, user], { stdio: ["ignore", "pipe", "ignore"] })));
      return { uid, gid };
    } catch {
      // The next one.
    }
  }
  return fail("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`", "add one of them");
}

/** A port that is free now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const bin = programs();
const user = owner();
const folder = process.env.FOLDER ?? mkdtempSync(join(tmpdir(), "rival-postgres-"));
const port = process.env.PORT ?? (await freePort());
process.on("exit", () => {
  if (!process.env.FOLDER) rmSync(folder, { recursive: true, force: true });
});
// Before it is given away.
if (readdirSync(folder).length > 0) fail(`\`${folder}\` is not empty`, "name an empty folder in `FOLDER`");
if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
// It works inside its folder, where its user may be.
const inside = { cwd: folder, ...user };
const made = spawnSync(join(bin, "initdb"), ["-D", folder, "-U", "rival", "-A", "trust", "-E", "UTF8", "--locale=C"], {
  ...inside,
  stdio: ["ignore", "ignore", "inherit"],
});
if (made.status !== 0) fail(`\`initdb\` failed in \`${folder}\``, `user ${user.uid ?? process.getuid()} has to be able to reach it`);
const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", max_connections: MAX_CONNECTIONS };
const server = spawn(
  join(bin, "postgres"),
  ["-D", folder, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
  { ...inside, stdio: ["ignore", "ignore", "pipe"] },
);
let said = "";
server.stderr.on("data", (chunk) => {
  if (said === null) return;
  said += chunk;
  if (!said.includes("ready to accept connections")) return;
  said = null;
  console.log(`postgres://rival@127.0.0.1:${port}/postgres`);
});
server.on("exit", (code) => {
  if (said) console.error(said);
  process.exit(code ?? 1);
});
// SIGINT is its fast shutdown: it does not wait for its clients.
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.kill("SIGINT"));
