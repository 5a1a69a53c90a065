#!/usr/bin/env node
console.log('lab', process.argv.slice(2), process.cwd());
process.exit(3);
