export interface ExpectedPattern {
  readonly rule: string;
  readonly subtype?: string;
  readonly class?: string;
  /** A function of the program on the stack of each goroutine of the root cause, in any order. */
  readonly functions: readonly string[];
  readonly names: readonly string[];
  readonly victims?: number;
  readonly says?: RegExp;
  readonly fix?: RegExp;
  /** Of those blocked as a consequence: who must go on. */
  readonly unserved?: number;
}

/** What `test/fixtures/go/patterns/further.go` brings about: stories that are easily told wrong. */
export const furtherPatterns: Readonly<Record<string, ExpectedPattern>> = {
  'cancel-overwritten': {
    rule: 'channel-context',
    subtype: 'channel-context',
    functions: ['main.(*watchman).walk'],
    names: ['main.watchman.calls', 'main.(*watchman).begin.ctx.Done()'],
    victims: 1,
    says: /nobody is left to cancel: main\.\(\*watchman\)\.begin\.ctx\.Done\(\) .* Nobody is left to send to main\.watchman\.calls or close it either/,
  },
  'answer-skipped': {
    rule: 'forgotten-close',
    functions: ['main.questioner'],
    names: ['main.query.answer'],
    says: /\(main\.replyTo, which may return before, at line \d+\)/,
    fix: /^Send on every way out/,
  },
  'signal-for-other': {
    rule: 'lost-signal',
    subtype: 'condvar',
    functions: ['main.(*shelf).put', 'main.(*shelf).takeTwo'],
    names: ['main.shelf.change'],
    says: /Signal, at \S*further\.go:\d+.*, wakes one of them alone/,
    fix: /^Call Broadcast/,
  },
  'leaves-while-read': {
    rule: 'leaked-sender',
    functions: ['main.(*gazette).print'],
    names: ['main.(*gazette).print.r'],
    unserved: 1,
    says: /whose receiver has gone on to something else.* goroutine \d+ in it is stuck at \S*further\.go:\d+/,
  },
  'waits-for-own-end': {
    rule: 'channel-knot',
    functions: ['main.(*crew).end'],
    names: ['main.crew.over'],
    says: /waits for the close of main\.crew\.over .*, which only it would close itself/,
    fix: /^Do not wait for the end of the work from within it/,
  },
  'listed-under-lock': {
    rule: 'channel-lock',
    class: 'mixed',
    subtype: 'channel-lock',
    functions: ['main.(*census).count', 'main.(*census).names', 'main.(*census).list'],
    names: ['main.census.mu', 'main.(*census).count.to', 'main.(*census).names.inner'],
    says: /waits on main\.\S*to while holding main\.census\.mu, which goroutine \d+ needs before it can go on/,
  },
  'kept-tokens': {
    rule: 'leaked-permit',
    functions: ['main.(*printer).print', 'main.(*printer).print', 'main.(*printer).print'],
    names: ['main.printer.trays'],
    says: /whose tokens were taken and never given back\. main\.\(\*printer\)\.print receives one from it at line \d+ and can return at \S*slots\.go:\d+ without the send/,
  },
  'slots-crossed': {
    rule: 'channel-ring',
    functions: ['main.(*archive).write', 'main.(*archive).tidy'],
    names: ['main.gate.c', 'main.gate.c'],
    says: /each have a slot of a channel that another of them waits to send to: main\.gate\.c \(1\/1, 2 of them\).* of which goroutine \d+ has a slot/,
    fix: /^Take the slots of several channels in one order/,
  },
  'hired-with-work': {
    rule: 'pool-waits-for-itself',
    functions: ['main.hiredWithWork.func1', 'main.hiredWithWork.func1'],
    names: ['main.guild.jobs'],
    says: /all workers that receive from main\.guild\.jobs \(1\/1\), are themselves blocked sending to it/,
  },
  'slots-passed-on': {
    rule: 'pool-waits-for-itself',
    functions: ['main.(*climb).up', 'main.(*climb).up'],
    names: ['main.climb.ropes'],
    says: /2 goroutines .* hold the slots of main\.climb\.ropes \(2\/2\) and wait for another one/,
  },
  'departed-receiver': {
    rule: 'channel-lock',
    class: 'mixed',
    subtype: 'channel-lock',
    functions: ['main.(*hall).announce', 'main.(*hall).goOut'],
    names: ['main.visitor.calls', 'main.hall.mu'],
    says: /to send to main\.visitor\.calls while holding main\.hall\.mu, for which goroutine \d+ waits, and receives no more/,
  },
};
