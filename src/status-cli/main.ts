#!/usr/bin/env node
// The program `streamer-status`.

import { runProgram } from '../shared/program.js';
import { runStatus } from './run.js';

await runProgram('streamer-status', runStatus);
