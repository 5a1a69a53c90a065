import { createSocket } from 'node:dgram';
import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pause } from '../lab/deadline.js';

/** Where a server listens on 127.0.0.1; what `second` is depends on the server. */
export interface Ports {
  readonly first: number;
  readonly second: number;
}

/** Light work for a server until the signal: every client pauses between two requests. */
export type Load = (ports: Ports, signal: AbortSignal) => Promise<void>;

const host = '127.0.0.1';
const most = 20_000;

export const nsqdLoad: Load = async ({ first, second }, signal) => {
  await using clients = new Clients(first);
  for (let i = 0; i < 12; i++) await clients.open(`  V2SUB topic${i % 3} ch${i % 2}\nRDY 5\n`, finishNsq());
  await repeat(8, 20, signal, async (client, turn) => {
    const deferred = turn % 10 === 0 ? '&defer=200' : '';
    const url = `http://${host}:${second}/pub?topic=topic${client % 3}${deferred}`;
    await drain(fetch(url, { method: 'POST', body: `message ${turn}` }));
  });
};

/** Answers heartbeats and finishes messages of NSQ's protocol: size, type, body. */
function finishNsq(): (data: Buffer, socket: Socket) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data, socket) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      const body = rest.subarray(8, end);
      const isMessage = rest.readUInt32BE(4) === 2;
      rest = rest.subarray(end);
      if (isMessage)
        socket.write(Buffer.concat([Buffer.from('FIN '), body.subarray(10, 26), Buffer.from('\n')]));
      else if (body.toString('latin1') === '_heartbeat_') socket.write('NOP\n');
    }
  };
}

export const natsLoad: Load = async ({ first }, signal) => {
  await using clients = new Clients(first);
  const pong = (data: Buffer, socket: Socket) => {
    if (data.includes('PING\r\n')) socket.write('PONG\r\n');
  };
  const hello = 'CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\nSUB work.> workers 1\r\n';
  for (let i = 0; i < 60; i++) await clients.open(`${hello}SUB told.${i % 7} 2\r\n`, pong);
  const stream = JSON.stringify({ name: 'S', subjects: ['kept.>'], storage: 'file', max_msgs: 1000 });
  clients.write(0, `PUB $JS.API.STREAM.CREATE.S answer ${stream.length}\r\n${stream}\r\n`);
  await repeat(8, 10, signal, async (client, turn) => {
    const told = `PUB told.${turn % 7} 5\r\nhello\r\n`;
    clients.write(client, `${told}PUB work.a 2\r\nhi\r\nPUB kept.${client} 3\r\nabc\r\n`);
  });
};

export const mochiLoad: Load = async ({ first }, signal) => {
  await using clients = new Clients(first);
  for (let i = 0; i < 200; i++) {
    const name = mqttPacket(0x10, mqttText('MQTT'), Buffer.from([4, 2, 0, 60]), mqttText(`client${i}`));
    const topic = mqttText(i % 5 === 0 ? 't/#' : `t/${i % 20}`);
    const subscribe = mqttPacket(0x82, Buffer.from([0, 1]), topic, Buffer.from([i % 2]));
    await clients.open(Buffer.concat([name, subscribe]));
  }
  await repeat(10, 25, signal, async (client, turn) => {
    const topic = mqttText(`t/${turn % 20}`);
    const body = Buffer.from('hello');
    const number = Buffer.from([1, 1 + (turn % 200)]);
    clients.write(
      client,
      turn % 2 === 0 ? mqttPacket(0x32, topic, number, body) : mqttPacket(0x30, topic, body),
    );
  });
};

function mqttText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);
}

/** Of less than 128 bytes. */
function mqttPacket(kind: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([kind, body.length]), body]);
}

export const caddyLoad: Load = async ({ first }, signal) => {
  await using clients = new Clients(first);
  // These say nothing: the server waits for their first request.
  for (let i = 0; i < 20; i++) await clients.open('');
  const paths = ['/', '/proxy/', '/hello'];
  await repeat(16, 15, signal, async (client, turn) => {
    const path = paths[(client + turn) % paths.length] ?? '/';
    await drain(fetch(`http://${host}:${first}${path}`));
  });
};

export const corednsLoad: Load = async ({ first, second }, signal) => {
  await using clients = new Clients(first);
  for (let i = 0; i < 8; i++) await clients.open('');
  const udp = createSocket('udp4');
  try {
    await repeat(8, 10, signal, async (client, turn) => {
      const question = dnsQuestion(turn);
      if (turn % 5 === 0) clients.write(client, Buffer.concat([Buffer.from([0, question.length]), question]));
      else udp.send(question, first, host);
      if (turn % 50 === 0) await drain(fetch(`http://${host}:${second}/metrics`));
    });
  } finally {
    udp.close();
  }
};

function dnsQuestion(turn: number): Buffer {
  const head = Buffer.from([(turn >> 8) & 255, turn & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = [`h${turn % 50}`, 'example', 'org'].map((label) =>
    Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]),
  );
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, turn % 2 === 0 ? 1 : 28, 0, 1])]);
}

/** Connections to one port. */
class Clients implements AsyncDisposable {
  readonly #sockets: Socket[] = [];
  constructor(readonly port: number) {}

  async open(first: string | Buffer, onData?: (data: Buffer, socket: Socket) => void): Promise<void> {
    const socket = connect(this.port, host);
    await once(socket, 'connect');
    // The server may end a connection whenever it likes.
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => onData?.(data, socket));
    if (first.length > 0) socket.write(first);
    this.#sockets.push(socket);
  }

  write(client: number, data: string | Buffer): void {
    const socket = this.#sockets[client];
    if (socket?.writable === true) socket.write(data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function repeat(
  clients: number,
  pauseMs: number,
  signal: AbortSignal,
  work: (client: number, turn: number) => Promise<void>,
): Promise<void> {
  setMaxListeners(0, signal);
  const one = async (_: unknown, client: number) => {
    for (let turn = 0; !signal.aborted && turn < most / clients; turn++) {
      await work(client, turn);
      await pause(pauseMs, signal).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
}

async function drain(answer: Promise<Response>): Promise<void> {
  await (await answer).arrayBuffer();
}
