import type { Diagnosis, Finding, Group, Location, Resource } from '../analysis/model/diagnosis.js';
import type { ChecklistRow } from '../checklist/row.js';
import type { ExpectationRow } from '../expectation.js';

/*
 * What `report.html` carries as JSON and its script shows. Both sides import this file, and types alone: the
 * page's script has nothing of the lab in it.
 */

export interface PageData {
  readonly schema: 'lab.page/1';
  readonly title: string;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly verdict: Diagnosis['verdict'];
  /** What it is called: a leak is no deadlock to those whose service answers. */
  readonly word: string;
  /** One sentence. */
  readonly summary: string;
  /** The same in twelve words at most. */
  readonly headline: string;
  /** Ten lines at most of Markdown for an incident channel. */
  readonly channel?: string;
  /** Absent when a run came to no diagnosis. */
  readonly diagnosis?: DiagnosisPart;
  /** Absent for a stranger's core. */
  readonly run?: RunPart;
}

export interface DiagnosisPart {
  readonly scope: Diagnosis['scope'];
  readonly process: Diagnosis['process'];
  readonly delve?: Diagnosis['delve'];
  readonly stats: Diagnosis['stats'];
  readonly limits: readonly string[];
  readonly findings: readonly FindingPart[];
  readonly objects: readonly ObjectRow[];
  /** Who is held up by the network, a clock or the system: one line each. */
  readonly slow: readonly Pick<NonNullable<Diagnosis['slow']>[number], 'groups' | 'text'>[];
  /** Of an undecided core: the prime suspects. */
  readonly suspects: readonly NonNullable<Diagnosis['suspects']>[number][];
  /** The runtime's leak profile beside it, where one was given; of its groups the first. */
  readonly leakProfile?: Diagnosis['leakProfile'];
  /** What becomes of groups, where that was looked at; the largest first. */
  readonly outlooks: readonly GroupOutlook[];
  /** What was too much for a page: whole findings, objects, limits. */
  readonly leftOut: {
    readonly findings: number;
    readonly objects: number;
    readonly limits: number;
    /** Groups beside the leak profile. */
    readonly leaks?: number;
  };
  readonly goroutines: GoroutineTable;
  /** Absent where the groups' examples are all that is known. */
  readonly members?: MemberList;
  readonly processes?: readonly ProcessPart[];
  /** Source lines by `file:line`, where the file was to be found when the page was made. */
  readonly sources: Readonly<Record<string, SourceLines>>;
}

/** One of several processes that were looked at together. */
export interface ProcessPart {
  readonly id: string;
  readonly name: string;
  readonly pid: number | null;
  readonly goroutines: number;
}

/** What becomes of a group's wait, and who could end it. */
export interface GroupOutlook extends Pick<Group, 'outlook' | 'outlookReason'> {
  readonly group: string;
  readonly releasers: NonNullable<Group['releasers']>;
}

export interface FindingPart extends Finding {
  /** Goroutines of its root cause; of very many only the first are listed. */
  readonly count?: number;
  readonly picture?: GraphPicture;
  /** Lines that tell the story; their source is among the diagnosis' `sources`, where it was at hand. */
  readonly marks?: readonly MarkedLine[];
  /** What of it was too much for a page. */
  readonly leftOut?: {
    readonly evidence: number;
    readonly goroutines: number;
    readonly resources: number;
    readonly edges: number;
    /** Groups of victims. */
    readonly groups: number;
    readonly frames: number;
    readonly variables: number;
  };
}

export interface MarkedLine {
  readonly place: Location;
  readonly text: string;
  /** `stuck`: it waits there; `due`: it should be there, or somebody should; `holds`: it took there what it holds. */
  readonly kind: 'stuck' | 'due' | 'holds';
}

/** A few lines of a source file; the marked one is that of the key. */
export interface SourceLines {
  /** Number of the first line. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** The wait-for graph as Graphviz has laid it out. Lengths are points, y grows downwards. */
export interface GraphPicture {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Goroutines and objects of the root cause that are not drawn, for they are too many. */
  readonly leftOut: number;
  /** The finding: its rule, who does what, how certain. */
  readonly title: string;
  /** What it shows, in a sentence or two. */
  readonly caption: string;
  /** The same from top to bottom, where that is narrower. */
  readonly narrow?: Omit<GraphPicture, 'title' | 'caption' | 'leftOut' | 'narrow'>;
}

export interface GraphNode {
  /** `G20`, `R1`, `S3` for goroutines of a group, or `V`, `V2` for the victims at an object. */
  readonly id: string;
  readonly kind: 'goroutine' | 'object' | 'victims';
  /** Ids of the goroutines or objects that it stands for; of victims their first groups. */
  readonly members: readonly string[];
  /** Further groups of victims. */
  readonly moreGroups?: number;
  readonly lines: readonly string[];
  /** The line of source where it stands; drawn below the others. */
  readonly code?: string;
  /** Whether it is part of a cycle: each waits for the next. */
  readonly cycle?: true;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly relation: 'waits-for' | 'released-by' | 'held-by' | 'queued-behind';
  readonly inferred: boolean;
  /** Whether it is part of a cycle. */
  readonly cycle?: true;
  /** Evidence that it rests on. */
  readonly evidence: readonly string[];
  /** The curve as the `d` of an SVG path, the tip of its arrow, and where the label stands. */
  readonly path: string;
  readonly tip: string;
  readonly labelAt?: { readonly x: number; readonly y: number };
}

/** Something that goroutines wait for or hold. */
export interface ObjectRow extends Resource {
  /** `F1`, where it belongs to the root cause of a finding. */
  readonly finding?: string;
  readonly state: string;
  readonly waiting?: number;
  /** Groups that wait for it, as far as that is known. */
  readonly groups: readonly string[];
}

/**
 * All groups of goroutines as a tree of calls, in columns: a million goroutines, and as many as some ten
 * thousand stacks, stay small. Texts, frames and nodes are named by their index.
 */
export interface GoroutineTable {
  readonly texts: readonly string[];
  readonly frames: {
    readonly function: readonly number[];
    readonly file: readonly number[];
    readonly line: readonly number[];
    /** Indexes of frames that were inlined. */
    readonly inlined: readonly number[];
  };
  /** The tree from the first function of a goroutine inwards; a parent comes before its children. */
  readonly nodes: {
    /** -1 for those that goroutines start in. */
    readonly parent: readonly number[];
    readonly frame: readonly number[];
  };
  readonly groups: {
    readonly id: readonly string[];
    readonly count: readonly number[];
    readonly waitReason: readonly number[];
    /** The innermost call; -1 where there is no stack. */
    readonly node: readonly number[];
    /** Frame where its own code stands. */
    readonly user: readonly number[];
    /** Frame of the `go` statement. */
    readonly created: readonly number[];
    /** Ids of the first ones; none where `members` has all. */
    readonly examples: readonly (readonly number[])[];
    /** A text with a line for each set of labels, or -1; absent where no group has labels. */
    readonly labels?: readonly number[];
    /** What becomes of its wait, as a text; -1 where that was not looked at; absent where it was of none. */
    readonly outlook?: readonly number[];
  };
  /** Of the runtime itself, as indexes of groups. */
  readonly system: readonly number[];
  /** With goroutines of a finding's root cause, and those blocked behind it, as indexes of groups. */
  readonly roots: readonly number[];
  readonly victims: readonly number[];
  /** What was too much for a page. */
  readonly leftOut: { readonly groups: number; readonly goroutines: number };
}

/**
 * Which goroutines the groups of the table have. The numbers stand in the element `#members`, packed: base64 of
 * deflated bytes (RFC 1951). First come numbers of seven bits a byte, the lowest first, the eighth bit set where more
 * follow (LEB128); always group by group: how many goroutines are listed of it; where there are any, the first id and
 * a width; those that are locked to their thread: how many, and the distances of their places; then the columns that
 * there are: seconds waited at least, 0 for not known; who started them, as the distance to that of the one before
 * with its sign in the lowest bit. At the end, from the lowest bit of a byte upwards, the other ids, each as the distance
 * to the one before in a Rice code: `distance >> width` ones, a zero, and `width` bits from the lowest on.
 */
export interface MemberList {
  readonly goroutines: number;
  readonly columns: { readonly waited: boolean; readonly creators: boolean };
  /** When there was room for the first so many of each group only. */
  readonly firstOfEach?: number;
}

export interface RunPart {
  readonly id: string;
  readonly createdAt: string;
  readonly scenario: { readonly name: string; readonly title: string; readonly teaches: string };
  readonly conclusion: {
    readonly verdict: 'confirmed' | 'refuted' | 'unknown';
    /** The verdict as people read it. */
    readonly word: string;
    readonly reasons: readonly string[];
  } | null;
  readonly expectations: readonly ExpectationRow[];
  readonly checklist: readonly ChecklistRow[];
  readonly timeline?: Timeline;
  readonly stampede?: {
    readonly text: string;
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly afterwards: readonly string[];
  };
  readonly stages: readonly { readonly name: string; readonly state: string; readonly ms?: number }[];
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly content: string }[];
  readonly versions: readonly (readonly [what: string, version: string])[];
  readonly commands: readonly CommandChapter[];
}

export interface CommandChapter {
  readonly title: string;
  /** `id` is the anchor in `transcript.md`. */
  readonly commands: readonly { readonly id: string; readonly line: string }[];
}

/** The run from the start of the load until two seconds after the verdict. Times are seconds since `start`. */
export interface Timeline {
  /** Milliseconds of the Unix epoch. */
  readonly start: number;
  /** Seconds. */
  readonly span: number;
  readonly requests: Series;
  /** Percent of one processor. */
  readonly cpu: Series;
  /** Bytes. */
  readonly memory: Series;
  /** Goroutines that are stuck: of a stampede requests without an answer, else those that came with the load. */
  readonly stuck: Series;
  readonly probes: readonly {
    readonly t: number;
    readonly ms: number;
    readonly kind: 'answered' | 'timed-out' | 'refused' | 'cut';
  }[];
  readonly moments: readonly { readonly t: number; readonly label: string }[];
  /** One after the other, from the beginning to the end. */
  readonly phases: readonly Phase[];
}

export interface Phase {
  /** `failing`: from the first sign, a probe that failed or the last byte, until the verdict that it hangs. */
  readonly name: 'healthy' | 'failing' | 'hung';
  readonly from: number;
  readonly to: number;
}

export interface Series {
  readonly t: readonly number[];
  readonly v: readonly number[];
}
