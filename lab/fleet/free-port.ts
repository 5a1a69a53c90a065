import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A TCP port of that address that nobody has at this moment, for a program that cannot choose one and say which. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
