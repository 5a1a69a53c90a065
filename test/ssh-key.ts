import ssh2 from 'ssh2';

type Options = Parameters<typeof ssh2.utils.generateKeyPairSync>[1];

/** A new key pair. Some that the generator of ssh2 makes (9 of 2,000) cannot be read by its own parser. */
export function newKeyPair(options?: Options, passphrase?: string) {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', options);
    const read = [ssh2.utils.parseKey(pair.private, passphrase), ssh2.utils.parseKey(pair.public)];
    if (!read.some((key) => key instanceof Error)) return pair;
  }
}
