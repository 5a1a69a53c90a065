// Entry of `npm run lab`, `npm test`, `npm run bench` and their like: does the set-up that is missing, then the job.
// Written so that an old Node still parses it and gets to the message below.
const supported = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
};

if (!supported(process.versions.node)) {
  console.error(
    `Node ${process.versions.node} is too old: 20.19 or newer of 20, else 22.12 or newer is needed.`,
  );
  console.error('-> install Node from https://nodejs.org/en/download, or with nvm: nvm install 20');
  process.exit(69);
}

import('./setup/jobs.mjs')
  .then(({ runJob }) => {
    const [job, ...args] = process.argv.slice(2);
    return runJob(job, args);
  })
  .catch((error) => {
    console.error(error);
    process.exit(70);
  });
