#!/usr/bin/env node
// The command `meshproof`. It runs the harness from its TypeScript sources: no build, in a clone `npm ci` is enough.
import { register } from 'tsx/esm/api';

register();
await import('../harness/cli.ts');
