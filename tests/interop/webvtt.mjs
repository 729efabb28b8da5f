// What W3C's WebVTT parser and validator reads in a file: a JSON object a cue,
// {start_ms, end_ms, text}; any error it finds ends us with status 1.
//   node webvtt.mjs FILE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { WebVTTParser } = require('webvtt-parser');
const entities = require('webvtt-parser/html-entities.json');
const tree = new WebVTTParser(entities).parse(readFileSync(process.argv[2], 'utf8'),
  'subtitles/captions/descriptions');

const text = (nodes) => nodes.map((node) => {
  if (node.type !== 'text')
    throw new Error(`markup in a caption: ${JSON.stringify(node)}`);
  return node.value;
}).join('');

for (const { line, col, message } of tree.errors)
  console.error(`${process.argv[2]}:${line}:${col}: ${message}`);
if (tree.errors.length > 0)
  process.exit(1);
for (const cue of tree.cues)
  console.log(JSON.stringify({ start_ms: Math.round(cue.startTime * 1000),
    end_ms: Math.round(cue.endTime * 1000), text: text(cue.tree.children) }));
