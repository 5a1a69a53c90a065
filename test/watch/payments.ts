/** A month's end: more payments than the trail has room for, under the lock that its keeper needs. */
const payments = JSON.stringify(
  Array.from({ length: 200 }, (_, i) => ({ from: 'till', to: `e${i}`, cents: 9 })),
);

/** Brings the service `audit` to hang; the request itself is never answered. */
export function hang(url: string): void {
  void fetch(`${url}payments`, {
    method: 'POST',
    body: payments,
    signal: AbortSignal.timeout(120_000),
  }).catch(() => {});
}
