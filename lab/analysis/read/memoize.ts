/** What an expression means in a frame of a goroutine. */
type Ask<T> = (goroutine: number, frame: number, expression: string) => Promise<T>;

/** The same, with each question asked once: they repeat for every object that is looked into. */
export function memoized<T>(ask: Ask<T>): Ask<T> {
  const known = new Map<string, T>();
  return async (goroutine, frame, expression) => {
    const key = `${goroutine} ${frame} ${expression}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const answer = await ask(goroutine, frame, expression);
    known.set(key, answer);
    return answer;
  };
}
