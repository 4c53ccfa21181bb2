#!/usr/bin/env node
import { startOnFittingNode } from './require-node.ts';

startOnFittingNode(process.argv.slice(2));
