/* The operator's modules that need no page. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Commands } from '../../../web/js/commands.js';
import { listenersOf, newsOf, stageKey, stagesOf, standingOf, toneOf,
    worstOf } from '../../../web/js/room-view.js';
import '../../../web/js/crew-words.js';
import { WORDS } from '../../../web/js/words.js';

test('of a room the worst is said, of its standing and its stages', () => {
	const stages = (...states) => states.map((state) => ({ stage: 'x', state }));
	assert.deepEqual(worstOf(room({})), { tone: 'good', rank: 3 });
	assert.deepEqual(worstOf(room({ live: false })), { tone: 'off', rank: 3 });
	assert.equal(worstOf(room({ paused: '' })).tone, 'warn');
	assert.equal(worstOf(room({ paused: '',
	    stages: stages('ready', 'failed') })).tone, 'bad');
	assert.equal(worstOf(room({ live: false, stages: stages('gone') })).tone,
	    'bad');
	const ranks = ['silent', 'degraded', 'reconnecting', 'unwanted']
	    .map((state) => worstOf(room({ stages: stages(state) })).rank);
	assert.deepEqual(ranks, [0, 1, 2, 3]);
});

test('each answer goes to its command', async () => {
	const sent = [];
	const commands = new Commands((message) => sent.push(message) > 0);
	const first = commands.give({ do: 'pause', room: 'main' });
	const second = commands.give({ do: 'say', room: 'main', text: 'x' });
	assert.deepEqual(sent, [
	    { type: 'command', n: 1, do: 'pause', room: 'main' },
	    { type: 'command', n: 2, do: 'say', room: 'main', text: 'x' }]);
	assert.ok(!commands.hear({ type: 'rooms', rooms: [] }));
	assert.ok(!commands.hear({ type: 'done', n: 7 }));
	assert.ok(commands.hear({ type: 'done', n: 2, id: 'say-1' }));
	assert.ok(commands.hear({ type: 'failed', n: 1, detail: 'no' }));
	assert.ok(!commands.hear({ type: 'done', n: 1 }));
	assert.equal((await second).id, 'say-1');
	await assert.rejects(first, { reason: 'failed', detail: 'no' });
});

test('what cannot be sent, or is not answered any more, is told', async () => {
	const deaf = new Commands(() => false);
	await assert.rejects(deaf.give({ do: 'resume' }), { reason: 'unsent' });
	const commands = new Commands(() => true);
	const open = commands.give({ do: 'resume' });
	commands.drop();
	await assert.rejects(open, { reason: 'lost' });
});

const room = (more) => ({ room: 'main', live: true, paused: null, stages: [],
    ...more });

test('a room stands as the worst that holds', () => {
	const gone = [{ stage: 'synth', state: 'gone' }];
	assert.equal(standingOf(room()), 'on');
	assert.equal(standingOf(room({ paused: '' })), 'paused');
	assert.equal(standingOf(room({ live: false })), 'off');
	assert.equal(standingOf(room({ live: false, stages: gone,
	    paused: 'x' })), 'dead');
	/* Not live is what makes a stage's end the room's. */
	assert.equal(standingOf(room({ stages: gone })), 'on');
});

test('only what matters is news', () => {
	const on = [room()];
	const dead = [room({ live: false, stages: [{ state: 'gone' }] })];
	const paused = [room({ paused: 'cost' })];
	const what = (a, b) => newsOf(a, b).map((one) => one.what);
	assert.deepEqual(what(null, dead), []);
	assert.deepEqual(what(on, on), []);
	assert.deepEqual(what(on, dead), ['dead']);
	assert.deepEqual(what(dead, dead), []);
	assert.deepEqual(what(on, paused), ['paused']);
	assert.deepEqual(what(paused, on), []);
	assert.deepEqual(what(on, []), ['gone']);
	assert.deepEqual(what([], on), []);
});

test('stages in the order of the pipeline, languages below them', () => {
	const stages = [{ stage: 'broadcast', state: 'ready' },
	    { stage: 'own-tool', state: 'ready' },
	    { stage: 'translate', lang: 'es-ES', state: 'wanted' },
	    { stage: 'transcribe', state: 'ready' },
	    { stage: 'translate', state: 'ready' },
	    { stage: 'synth', lang: 'fr-FR', state: 'failed' }];
	assert.deepEqual(stagesOf(room({ stages })).map(({ stage, whole, langs }) =>
	    [stage, whole?.state ?? null, langs.length]),
	    [['transcribe', 'ready', 0], ['translate', 'ready', 1],
	    ['synth', null, 1], ['broadcast', 'ready', 0],
	    ['own-tool', 'ready', 0]]);
	assert.deepEqual(stagesOf({}), []);
});

test('listeners are counted, the source first', () => {
	const { rows, total } = listenersOf({ listeners: {
	    'fr-FR': { text: 2 }, 'es-ES': { text: 3, pcm: 1, opus: 17 },
	    source: { text: 1, partials: 2 } } });
	assert.deepEqual(rows, [{ lang: 'source', text: 3, pcm: 0, opus: 0 },
	    { lang: 'es-ES', text: 3, pcm: 1, opus: 17 },
	    { lang: 'fr-FR', text: 2, pcm: 0, opus: 0 }]);
	assert.equal(total, 26);
	assert.deepEqual(listenersOf({}), { rows: [], total: 0 });
});

test('each state of booth-lines(5) and operate(1) has a tone and words', () => {
	for (const state of ['ready', 'reconnecting', 'recovered', 'degraded',
	    'paused', 'resumed', 'captions-only', 'lost', 'failed', 'wanted',
	    'unwanted', 'level', 'cost', 'refused', 'ended', 'silent', 'gone']) {
		assert.ok(stageKey(state) in WORDS.en, state);
		assert.ok(['good', 'busy', 'warn', 'bad', 'off']
		    .includes(toneOf(state)));
	}
	/* One that is new is shown as it is. */
	assert.equal(stageKey('toString'), '');
	assert.equal(toneOf('toasting'), 'off');
});
