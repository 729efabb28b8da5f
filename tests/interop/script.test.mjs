// localaws --script, seen by AWS's SDK: results come when their audio has been
// received and not before, whatever the clock says; an utterance that the end
// of the audio cuts becomes final; a session that hears nothing for 15 seconds
// of wall time is ended in the service's words.  Run by
// tests/e2e/interop-script.sh, which serves the script below.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  StartStreamTranscriptionCommand, TranscribeStreamingClient,
} from '@aws-sdk/client-transcribe-streaming';

const client = () => new TranscribeStreamingClient({ maxAttempts: 1 });
const second = { AudioEvent: { AudioChunk: new Uint8Array(32000) } };

const session = (AudioStream, more = {}) => client().send(
  new StartStreamTranscriptionCommand({
    LanguageCode: 'it-IT', MediaEncoding: 'pcm', MediaSampleRateHertz: 16000,
    AudioStream, ...more,
  }));

async function* results(response) {
  for await (const e of response.TranscriptResultStream)
    yield* e.TranscriptEvent?.Transcript.Results ?? [];
}

const said = (r) => r.Alternatives[0].Transcript;

async function* audio(seconds) {
  for (let i = 0; i < seconds; i++)
    yield second;
}

test('a whole script is told in order, partials before their final', async () => {
  const all = [];
  for await (const r of results(await session(audio(5))))
    all.push(r);
  assert.deepEqual(all.map((r) => [said(r), r.IsPartial]), [
    ['Uno', true], ['Uno due', true], ['Uno due tre.', false],
    ['Quattro', true], ['Quattro cinque.', false],
  ]);
  assert.equal(new Set(all.slice(0, 3).map((r) => r.ResultId)).size, 1);
  assert.notEqual(all[0].ResultId, all[3].ResultId);
  assert.equal(all[2].StartTime, 0.5);
  assert.equal(all[2].EndTime, 1.5);
  assert.deepEqual(all[2].Alternatives[0].Items.map((i) => i.Content),
    ['Uno', 'due', 'tre', '.']);
});

test('a result waits for its audio', async () => {
  let heard;
  const first = new Promise((resolve) => { heard = resolve; });
  async function* hold() {
    yield second;
    yield second; // the first utterance ends in here, the second does not begin
    await first;
    yield* audio(3);
  }
  const all = [];
  for await (const r of results(await session(hold()))) {
    all.push(said(r));
    if (!r.IsPartial)
      heard();
  }
  assert.equal(all.at(-1), 'Quattro cinque.');
});

test('an utterance that is cut by the end of the audio becomes final', async () => {
  const all = [];
  for await (const r of results(await session(audio(1))))
    all.push([said(r), r.IsPartial]);
  assert.deepEqual(all.at(-1), ['Uno', false]);
});

test('every channel hears the script, and every language is taken', async () => {
  const both = { AudioEvent: { AudioChunk: new Uint8Array(64000) } };
  async function* stereo() {
    for (let i = 0; i < 5; i++)
      yield both;
  }
  const r = await session(stereo(), {
    LanguageCode: undefined, IdentifyLanguage: true,
    LanguageOptions: 'fr-FR,de-DE', PreferredLanguage: 'de-DE',
    EnableChannelIdentification: true, NumberOfChannels: 2,
  });
  const finals = {};
  for await (const x of results(r)) {
    assert.equal(x.LanguageCode, 'de-DE');
    if (!x.IsPartial)
      (finals[x.ChannelId] ??= []).push(said(x));
  }
  const want = ['Uno due tre.', 'Quattro cinque.'];
  assert.deepEqual(finals, { ch_0: want, ch_1: want });
});

test('fifteen seconds without audio end the session', async () => {
  let stop;
  const never = new Promise((resolve) => { stop = resolve; });
  async function* silent() {
    yield second;
    await never;
  }
  const r = await session(silent());
  await assert.rejects(async () => {
    for await (const x of results(r))
      assert.ok(x.IsPartial);
  }, (e) => {
    assert.equal(e.name, 'BadRequestException');
    assert.equal(e.message, 'Your request timed out because no new audio was '
      + 'received for 15 seconds.');
    return true;
  });
  stop();
});
