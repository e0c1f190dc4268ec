// An HTTP server on the loopback interface that hands whole bodies to one function.

import { createServer } from "node:http";

/** More than any of the providers sends. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * Listens on 127.0.0.1:PORT until SIGTERM. `answer` gets the headers and the body, and gives the status and, where there is
 * one, the content type and text of the answer.
 */
export function serve(answer) {
  const server = createServer((request, response) => {
    const chunks = [];
    let length = 0;
    request.on("data", (chunk) => {
      length += chunk.length;
      if (length > BODY_BYTES_MAX) request.destroy();
      else chunks.push(chunk);
    });
    request.on("end", async () => {
      const { status, type, text } = await answer(request.headers, Buffer.concat(chunks)).catch(failed);
      response.writeHead(status, type ? { "content-type": type } : {}).end(text);
    });
  });
  server.listen(Number(process.env.PORT), "127.0.0.1");
  process.on("SIGTERM", () => process.exit(0));
}

/** What cannot be kept is not acknowledged: the provider sends it again. */
function failed(error) {
  console.error(error);
  return { status: 500 };
}
