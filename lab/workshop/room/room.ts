import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { readJson, writeJson } from '../../json-file.js';
import { makeFolder } from '../../make-folder.js';
import { readClass, setClock } from '../desk/class.js';
import type { ClassView } from '../desk/class-view.js';
import { type HeavyQueue, openHeavyQueue } from '../heavy.js';
import type { Shelf } from '../kept.js';
import { readPageFiles } from '../server/page.js';
import { coresOnly, openShelf, programsOf } from '../shelf/shelf.js';
import { lessonsOf, openWorkshop, type Workshop } from '../workshop.js';
import { boundTo } from './addresses.js';
import { type Certificate, certificateFor } from './certificate.js';
import { openDesk } from './desk-pages.js';
import { openFront } from './front.js';
import { allowHeavy, machineAt, requireRoomFor, withAll, withCoresOnly } from './machine.js';

export interface DeskRequest {
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly lesson?: string | undefined;
  readonly lessonsFolder?: string | undefined;
  /** Of the whole class. */
  readonly minutes?: number | undefined;
}

export interface RoomRequest extends DeskRequest {
  readonly names: readonly string[];
  /** Folder of the sessions; each participant has one below it. */
  readonly dir: string;
  /** An IP address of this machine. */
  readonly bind: string;
  readonly tls: boolean;
  /** Lessons as far as they need nothing but a core, which is taken before the class. */
  readonly coresOnly: boolean;
  /** Told what takes a while. */
  readonly tell: (text: string) => void;
}

export interface Room extends AsyncDisposable {
  readonly url: string;
  /** Opens the teacher's page. */
  readonly deskLink: string;
  readonly guests: readonly { readonly name: string; readonly link: string }[];
  /** File with the links. */
  readonly linksFile: string | undefined;
  readonly certificate: Pick<Certificate, 'fingerprint' | 'until'> | undefined;
}

/** Of a class: no participant's name begins with a dot. */
const ownFolder = '.class';
const deskSchema = z.object({ token: z.string().min(20) });

/**
 * Opens a workbook for each name behind one address, and the teacher's page. Disposing it ends what the lab itself started
 * and keeps all progress, links and the clock. Throws `no-space` where the machine is too small, and what
 * {@link openWorkshop} throws.
 */
export async function openRoom(request: RoomRequest, signal: AbortSignal): Promise<Room> {
  const { names, dir, port, lesson, lessonsFolder } = request;
  const bound = boundTo(request.bind);
  const own = join(dir, ownFolder);
  const shared = join(own, 'standings');
  await makeFolder(own, 0o700);
  await makeFolder(shared, 0o700);
  const need = request.coresOnly ? withCoresOnly : withAll;
  requireRoomFor(names.length, await machineAt(dir), dir, need);
  const certificate = request.tls ? await certificateFor(join(own, 'tls'), bound.names, signal) : undefined;
  const shelf = request.coresOnly ? await shelfOf(request, own, signal) : undefined;
  const queue = openHeavyQueue();
  const workbooks: (Workshop & { readonly name: string })[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(workbooks.map((workbook) => workbook[Symbol.asyncDispose]()));
  };
  try {
    // One after the other: each looks which ports the others have taken.
    for (const name of names) {
      const given = { name, dir, lesson, lessonsFolder, port: 0, class: shared };
      // A signal of their own: each listens to it for each process that it starts.
      const ending = AbortSignal.any([signal]);
      const workbook = await openWorkshop({ ...given, shared: { queue, allow: allowHeavy, shelf } }, ending);
      workbooks.push({ ...workbook, name });
    }
    const desk = await openDeskOf(request, { folder: shared, token: await deskToken(own), names, queue });
    const front = await openFront({ port, bound, certificate, guests: workbooks, desk });
    const guests = workbooks.map((workbook) => ({ name: workbook.name, link: front.linkOf(workbook) }));
    const linksFile = join(own, 'links.txt');
    await writeFileAtomic(linksFile, guests.map(({ name, link }) => `${name}\t${link}\n`).join(''), {
      mode: 0o600,
    });
    return {
      ...{ url: front.url, deskLink: front.deskLink, guests, linksFile },
      certificate:
        certificate === undefined
          ? undefined
          : { fingerprint: certificate.fingerprint, until: certificate.until },
      async [Symbol.asyncDispose]() {
        await front[Symbol.asyncDispose]();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Opens the teacher's page for a class that shares a folder, each with a workbook of their own. */
export async function openSharedClass(request: DeskRequest & { readonly class: string }): Promise<Room> {
  await makeFolder(request.class);
  const token = randomBytes(24).toString('base64url');
  const desk = await openDeskOf(request, { folder: request.class, token });
  const bound = boundTo('127.0.0.1');
  const front = await openFront({ port: request.port, bound, guests: [], desk });
  return {
    ...{ url: front.url, deskLink: front.deskLink, guests: [], linksFile: undefined, certificate: undefined },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

async function shelfOf(request: RoomRequest, own: string, signal: AbortSignal): Promise<Shelf> {
  const programs = programsOf(coresOnly(await lessonsOf(request)));
  return await openShelf({ dir: join(own, 'cores'), programs, tell: request.tell }, signal);
}

interface OfClass {
  readonly folder: string;
  readonly token: string;
  /** Those that belong to it; without, all who have told. */
  readonly names?: readonly string[];
  readonly queue?: HeavyQueue;
}

async function openDeskOf(
  request: DeskRequest & Partial<Pick<RoomRequest, 'coresOnly'>>,
  { folder, token, names, queue }: OfClass,
) {
  const [files, all] = await Promise.all([readPageFiles(), lessonsOf(request)]);
  const lessons = request.coresOnly === true ? coresOnly(all) : all;
  const { minutes } = request;
  const view = (): Promise<ClassView> =>
    readClass({ folder, lessons, minutes, names, waiting: queue?.waiting() });
  return openDesk({ token, files, view, clock: (verb) => setClock(folder, verb) });
}

/** The teacher's link stays the same over a restart, as the participants' do. */
async function deskToken(folder: string): Promise<string> {
  const file = join(folder, 'desk.json');
  const kept = await readJson(file, deskSchema).catch(() => undefined);
  if (kept !== undefined) return kept.token;
  const token = randomBytes(24).toString('base64url');
  await writeJson(file, { token });
  return token;
}
