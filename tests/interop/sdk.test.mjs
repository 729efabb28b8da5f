// AWS's own JavaScript SDK, unchanged, against localaws: all operations that
// the stand-in has, and the refusals that a client meets.  Run by
// tests/e2e/interop-sdk.sh, which starts localaws and sources its DIR/env.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Transform } from 'node:stream';
import { test } from 'node:test';
import {
  DescribeVoicesCommand, PollyClient,
  StartSpeechSynthesisStreamCommand, SynthesizeSpeechCommand,
} from '@aws-sdk/client-polly';
import {
  StartStreamTranscriptionCommand, TranscribeStreamingClient,
} from '@aws-sdk/client-transcribe-streaming';
import { TranslateClient, TranslateTextCommand } from '@aws-sdk/client-translate';

const CLIPS = process.env.CLIPS ?? '/usr/share/pocketsphinx/test/data/librivox';
const CLIP = `${CLIPS}/sense_and_sensibility_01_austen_64kb-0880.wav`;
const WAV_HEADER = 44;

// Everything else comes from the environment, as for any program.
const translate = new TranslateClient({ maxAttempts: 1 });
const polly = new PollyClient({ maxAttempts: 1 });
const transcribe = new TranscribeStreamingClient({ maxAttempts: 1 });

const own = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
};

const text = (Text, TargetLanguageCode, more = {}) => new TranslateTextCommand({
  Text, SourceLanguageCode: 'en', TargetLanguageCode, ...more,
});

async function fails(promise, name, status) {
  const error = await promise.then(
    () => assert.fail(`was not refused with ${name}`), (e) => e);
  assert.equal(error.name, name, error.message);
  if (status !== undefined)
    assert.equal(error.$metadata.httpStatusCode, status);
  return error;
}

// --- Translate --------------------------------------------------------------

test('TranslateText translates', async () => {
  const r = await translate.send(text('The house is red.', 'es'));
  assert.match(r.TranslatedText, /^La casa es roja\.$/);
  assert.equal(r.SourceLanguageCode, 'en');
  assert.equal(r.TargetLanguageCode, 'es');
  assert.match(r.$metadata.requestId, /^[0-9a-f-]{36}$/);
});

test('TranslateText takes auto and tells the settings that it applied', async () => {
  const r = await translate.send(text('The house is red.', 'es', {
    SourceLanguageCode: 'auto', Settings: { Formality: 'FORMAL', Brevity: 'ON' },
  }));
  assert.equal(r.SourceLanguageCode, 'en');
  assert.deepEqual(r.AppliedSettings, { Formality: 'FORMAL', Brevity: 'ON' });
});

test('TranslateText keeps texts apart when many run at once', async () => {
  const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
  const want = ['uno', 'dos', 'tres', 'cuatro', 'cinco', 'seis', 'siete', 'ocho'];
  const got = await Promise.all(words.map((w) => translate.send(text(w, 'es'))));
  for (const [i, r] of got.entries())
    assert.match(r.TranslatedText.toLowerCase(), new RegExp(`^${want[i]}`));
});

test('TranslateText refuses a pair that is not installed, and says what to do', async () => {
  const e = await fails(translate.send(text('Hello.', 'zh')),
    'UnsupportedLanguagePairException', 400);
  assert.equal(e.SourceLanguageCode, 'en');
  assert.equal(e.TargetLanguageCode, 'zh');
  assert.match(e.message, /Debian package/);
});

test('TranslateText refuses what is empty, too long or has no terminology', async () => {
  await fails(translate.send(text('', 'es')), 'InvalidRequestException', 400);
  await fails(translate.send(text('é'.repeat(5001), 'es')),
    'TextSizeLimitExceededException', 400);
  await fails(translate.send(text('a', 'es', { TerminologyNames: ['t'] })),
    'ResourceNotFoundException', 404);
});

// --- signatures -------------------------------------------------------------

test('a wrong secret, an unknown key and a wrong region are refused', async () => {
  const c = (credentials, region) => new TranslateClient({
    maxAttempts: 1, credentials, ...(region ? { region } : {}),
  });
  await fails(c({ ...own, secretAccessKey: `${own.secretAccessKey}x` })
    .send(text('a', 'es')), 'InvalidSignatureException', 403);
  await fails(c({ ...own, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })
    .send(text('a', 'es')), 'UnrecognizedClientException', 403);
  await fails(c({ ...own, sessionToken: 'nobody gave this' })
    .send(text('a', 'es')), 'UnrecognizedClientException', 403);
  await fails(c(own, 'eu-west-3').send(text('a', 'es')),
    'InvalidSignatureException', 403);
  await fails(new PollyClient({
    maxAttempts: 1, credentials: { ...own, secretAccessKey: 'x' },
  }).send(new DescribeVoicesCommand({})), 'InvalidSignatureException', 403);
});

test('a clock that is wrong is refused, and corrected by the SDK', async () => {
  const hour = 3600 * 1000;
  const e = await fails(new TranslateClient({
    maxAttempts: 1, systemClockOffset: -hour,
  }).send(text('a', 'es')), 'InvalidSignatureException', 403);
  assert.match(e.message, /^Signature expired: \d{8}T\d{6}Z is now earlier than/);
  const r = await new TranslateClient({
    maxAttempts: 3, systemClockOffset: -hour,
  }).send(text('The house is red.', 'es'));
  assert.equal(r.$metadata.attempts, 2);
});

// --- Polly: plain calls -----------------------------------------------------

test('DescribeVoices gives pages of voices', async () => {
  const ids = [];
  let npages = 0;
  let NextToken;
  do {
    const page = await polly.send(new DescribeVoicesCommand({ NextToken }));
    npages++;
    ids.push(...page.Voices.map((v) => v.Id));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.ok(npages > 2, `${npages} pages`);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.includes('Lucia') && ids.includes('Matthew'));
});

test('DescribeVoices filters by engine and language', async () => {
  const r = await polly.send(new DescribeVoicesCommand({
    Engine: 'generative', LanguageCode: 'it-IT',
  }));
  assert.ok(r.Voices.length > 0);
  for (const v of r.Voices) {
    assert.equal(v.LanguageCode, 'it-IT');
    assert.ok(v.SupportedEngines.includes('generative'));
  }
  const hindi = (IncludeAdditionalLanguageCodes) => polly.send(
    new DescribeVoicesCommand({ LanguageCode: 'hi-IN', IncludeAdditionalLanguageCodes }));
  assert.equal((await hindi(false)).Voices.length, 0);
  assert.ok((await hindi(true)).Voices.some((v) => v.Id === 'Kajal'));
  await fails(polly.send(new DescribeVoicesCommand({ NextToken: 'nonsense' })),
    'InvalidNextTokenException', 400);
});

const speech = (more) => new SynthesizeSpeechCommand({
  OutputFormat: 'pcm', VoiceId: 'Joanna', Text: 'Good morning to you all.', ...more,
});

test('SynthesizeSpeech speaks', async () => {
  const sound = async (more) => {
    const r = await polly.send(speech(more));
    assert.equal(r.ContentType, 'audio/pcm');
    assert.equal(r.RequestCharacters, 24);
    return Buffer.from(await r.AudioStream.transformToByteArray());
  };
  const wide = await sound({}), narrow = await sound({ SampleRate: '8000' });
  assert.ok(wide.length > 16000 && wide.length % 2 === 0, `${wide.length} bytes`);
  const ratio = wide.length / narrow.length;
  assert.ok(ratio > 1.9 && ratio < 2.1, `ratio ${ratio}`);
  assert.ok(wide.some((b) => b !== 0), 'silence');
});

test('SynthesizeSpeech gives speech marks', async () => {
  const r = await polly.send(speech({
    OutputFormat: 'json', SpeechMarkTypes: ['word', 'sentence'],
  }));
  assert.equal(r.ContentType, 'application/x-json-stream');
  const marks = (await r.AudioStream.transformToString()).trim().split('\n').map(JSON.parse);
  assert.deepEqual(marks.filter((m) => m.type === 'word').map((m) => m.value),
    ['Good', 'morning', 'to', 'you', 'all']);
});

test('SynthesizeSpeech refuses in words', async () => {
  await fails(polly.send(speech({ Engine: 'generative', VoiceId: 'Ivy' })),
    'EngineNotSupportedException', 400);
  await fails(polly.send(speech({ SampleRate: '44100' })), 'InvalidSampleRateException', 400);
  await fails(polly.send(speech({ OutputFormat: 'mp3' })), 'ValidationException', 400);
  await fails(polly.send(speech({ TextType: 'ssml', Text: '<speak>Hello' })),
    'InvalidSsmlException', 400);
  await fails(polly.send(speech({ Text: 'a'.repeat(3001) })),
    'TextLengthExceededException', 400);
  await fails(polly.send(speech({ LexiconNames: ['L'] })), 'LexiconNotFoundException', 404);
});

// --- Polly: the bidirectional stream ----------------------------------------

const stream = (events, more = {}) => new StartSpeechSynthesisStreamCommand({
  Engine: 'generative', VoiceId: 'Matthew', OutputFormat: 'pcm', SampleRate: '16000',
  ActionStream: events, ...more,
});

async function listen(response) {
  const heard = { bytes: 0, nchunks: 0, closed: null };
  for await (const e of response.EventStream) {
    if (e.AudioEvent) {
      heard.bytes += e.AudioEvent.AudioChunk.length;
      heard.nchunks++;
    }
    heard.closed = e.StreamClosedEvent ?? heard.closed;
  }
  return heard;
}

test('StartSpeechSynthesisStream speaks text that comes in pieces', async () => {
  async function* say() {
    for (const piece of ['Good mor', 'ning to you', ' all. And', ' good night'])
      yield { TextEvent: { Text: piece } };
    yield { TextEvent: { Text: '<speak>The <emphasis>end</emphasis>.</speak>', TextType: 'ssml' } };
    yield { CloseStreamEvent: {} };
  }
  const heard = await listen(await polly.send(stream(say())));
  assert.ok(heard.bytes > 32000, `${heard.bytes} bytes`);
  assert.ok(heard.nchunks > 3, `${heard.nchunks} chunks`);
  assert.equal(heard.closed.RequestCharacters, 39 + 8);
});

test('StartSpeechSynthesisStream speaks at once when flushed', async () => {
  let spoke;
  const first = new Promise((resolve) => { spoke = resolve; });
  async function* say() {
    yield { TextEvent: { Text: 'No end', FlushStreamConfiguration: { Force: true } } };
    await first; // only then is there more: the audio did not wait for it
    yield { CloseStreamEvent: {} };
  }
  const r = await polly.send(stream(say()));
  let closed = false;
  for await (const e of r.EventStream) {
    if (e.AudioEvent)
      spoke();
    closed ||= Boolean(e.StreamClosedEvent);
  }
  assert.ok(closed);
});

test('StartSpeechSynthesisStream ends after five seconds without an event', async () => {
  let stop;
  const never = new Promise((resolve) => { stop = resolve; });
  async function* say() {
    yield { TextEvent: { Text: 'Hello. ' } };
    await never;
  }
  const r = await polly.send(stream(say()));
  const e = await fails(listen(r), 'ServiceQuotaExceededException');
  stop();
  assert.equal(e.quotaCode, 'input-stream-inbound-event-timeout');
  assert.equal(e.serviceCode, 'polly');
});

test('StartSpeechSynthesisStream refuses other engines and long texts', async () => {
  async function* say(Text) {
    yield { TextEvent: { Text } };
    yield { CloseStreamEvent: {} };
  }
  let e = await fails(polly.send(stream(say('a'), { Engine: 'neural' })),
    'ValidationException', 400);
  assert.equal(e.reason, 'unsupportedOperation');
  await fails(polly.send(stream(say('a'), { VoiceId: 'Ivy' })), 'ValidationException', 400);
  e = await fails(polly.send(stream(say('a'.repeat(6001)))).then(listen),
    'ValidationException');
  assert.equal(e.fields[0].name, 'text');
});

// --- Transcribe -------------------------------------------------------------

async function* audio(pcm, bytes = 3200) {
  for (let at = 0; at < pcm.length; at += bytes)
    yield { AudioEvent: { AudioChunk: pcm.subarray(at, at + bytes) } };
}

const session = (events, more = {}) => new StartStreamTranscriptionCommand({
  LanguageCode: 'en-US', MediaEncoding: 'pcm', MediaSampleRateHertz: 16000,
  AudioStream: events, ...more,
});

async function results(response) {
  const all = [];
  for await (const e of response.TranscriptResultStream)
    if (e.TranscriptEvent)
      all.push(...e.TranscriptEvent.Transcript.Results);
  return all;
}

const words = (s) => s.toLowerCase().replace(/[^a-z' ]+/g, ' ').split(' ').filter(Boolean);

test('StartStreamTranscription hears a reading of Jane Austen', async () => {
  const pcm = readFileSync(CLIP).subarray(WAV_HEADER);
  const r = await transcribe.send(session(audio(pcm), {
    EnablePartialResultsStabilization: true, ShowSpeakerLabel: true,
  }));
  assert.equal(r.LanguageCode, 'en-US');
  assert.equal(r.MediaSampleRateHertz, 16000);
  assert.match(r.SessionId, /^[0-9a-f-]{36}$/);
  const all = await results(r);
  const finals = all.filter((x) => !x.IsPartial);
  const said = words(finals.map((x) => x.Alternatives[0].Transcript).join(' '));
  const line = readFileSync(`${CLIPS}/test-lm.match`, 'utf8').split('\n')
    .find((l) => l.includes('-0880'));
  const want = words(line.replace(/\(.*/, ''));
  const hits = want.filter((w) => said.includes(w)).length;
  assert.ok(hits / want.length > 0.6, `heard: ${said.join(' ')}`);
  assert.ok(all.some((x) => x.IsPartial), 'no partial');
  const ids = new Set(finals.map((x) => x.ResultId));
  assert.equal(ids.size, finals.length);
  for (const x of all) {
    assert.ok(x.EndTime >= x.StartTime && x.EndTime <= pcm.length / 32000 + 0.1);
    for (const item of x.Alternatives[0].Items) {
      assert.equal(typeof item.Stable, 'boolean');
      assert.equal(item.Speaker, '0');
      assert.ok(['pronunciation', 'punctuation'].includes(item.Type));
    }
  }
  assert.ok(finals[0].Alternatives[0].Items[0].Confidence > 0);
});

test('StartStreamTranscription identifies the language that it knows', async () => {
  const pcm = readFileSync(CLIP).subarray(WAV_HEADER, WAV_HEADER + 64000);
  const r = await transcribe.send(session(audio(pcm), {
    LanguageCode: undefined, IdentifyLanguage: true, LanguageOptions: 'it-IT,en-US',
  }));
  const all = await results(r);
  assert.ok(all.length > 0);
  assert.equal(all[0].LanguageCode, 'en-US');
  assert.equal(all[0].LanguageIdentification[0].LanguageCode, 'en-US');
});

test('StartStreamTranscription hears two channels apart', async () => {
  const mono = readFileSync(CLIP).subarray(WAV_HEADER, WAV_HEADER + 64000);
  const both = Buffer.alloc(mono.length * 2); // the other channel is silent
  for (let i = 0; i < mono.length; i += 2)
    mono.copy(both, i * 2, i, i + 2);
  const r = await transcribe.send(session(audio(both, 6398), {
    EnableChannelIdentification: true, NumberOfChannels: 2,
  }));
  const finals = (await results(r)).filter((x) => !x.IsPartial);
  assert.ok(finals.some((x) => x.ChannelId === 'ch_0'));
});

test('StartStreamTranscription refuses a language without a model, naming the package', async () => {
  const e = await fails(transcribe.send(session(audio(Buffer.alloc(3200)),
    { LanguageCode: 'it-IT' })), 'BadRequestException', 400);
  assert.match(e.message, /it-IT.*Debian/);
  await fails(transcribe.send(session(audio(Buffer.alloc(3200)),
    { MediaEncoding: 'flac' })), 'BadRequestException', 400);
});

test('StartStreamTranscription refuses an event of more than a second', async () => {
  const e = await fails(transcribe.send(session(audio(Buffer.alloc(40000), 40000)))
    .then(results), 'BadRequestException');
  assert.match(e.message, /stream is too big/);
});

// --- signatures of events ---------------------------------------------------

// CRC-32 of zlib, which Node's own module lacks before 20.15.
function crc32(bytes) {
  let crc = ~0;
  for (const b of bytes) {
    crc ^= b;
    for (let k = 0; k < 8; k++)
      crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

// Turn one bit in the n-th event's signature, on its way to the wire, and make
// the checksum of the message good again: only the signature is wrong.
function corrupt(client, n) {
  client.middlewareStack.add((next) => async (args) => {
    let seen = 0;
    const flip = new Transform({ // the SDK writes one message at a time
      transform(chunk, encoding, done) {
        const b = Buffer.from(chunk);
        const at = b.indexOf(':chunk-signature');
        if (at >= 0 && ++seen === n) {
          b[at + ':chunk-signature'.length + 3 + 5] ^= 1;
          b.writeUInt32BE(crc32(b.subarray(0, -4)), b.length - 4);
        }
        done(null, b);
      },
    });
    args.request.body = args.request.body.pipe(flip);
    return next(args);
  }, { step: 'deserialize', priority: 'low', name: 'corrupt' });
  return client;
}

test('a corrupted event signature is refused in both streams', async () => {
  const t = corrupt(new TranscribeStreamingClient({ maxAttempts: 1 }), 3);
  const e = await fails(t.send(session(audio(Buffer.alloc(32000)))).then(results),
    'BadRequestException');
  assert.match(e.message, /signature/);
  async function* say() {
    yield { TextEvent: { Text: 'Hello. ' } };
    yield { CloseStreamEvent: {} };
  }
  const p = corrupt(new PollyClient({ maxAttempts: 1 }), 1);
  await fails(p.send(stream(say())).then(listen), 'ServiceFailureException');
});
