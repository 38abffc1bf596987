"use strict";
// The sync wire over HTTP. Every push carries a key, and a push that has to be repeated is repeated
// under the same key, so that a lost answer never applies a change twice.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Api = exports.SyncError = exports.SCHEMA_VERSION = void 0;
const ids_js_1 = require("./ids.js");
/** The schema these packages were built with. */
exports.SCHEMA_VERSION = 1;
/** An answer that is no success, or no answer at all. */
class SyncError extends Error {
    status;
    code;
    problem;
    name = 'SyncError';
    constructor(message, 
    /** The HTTP status; 0 when there was no answer. */
    status, 
    /** The problem's code; empty when there is none. */
    code, 
    /** The problem as the server described it. */
    problem, options) {
        super(message, options);
        this.status = status;
        this.code = code;
        this.problem = problem;
    }
    /** Must the device sync from the start? Why is in `problem.reason`. */
    get resync() {
        return this.status === 410 && this.code === 'resync_required';
    }
}
exports.SyncError = SyncError;
/** Changes in one request. The server takes 5000 and 8 MiB. */
const MOST_CHANGES = 1000;
/** UTF-16 units in one request: at most three bytes each. */
const MOST_TEXT = 2_000_000;
const LONGEST_WAIT = 60_000;
/** The sync wire of one signed-in device. */
class Api {
    options;
    constructor(options) {
        this.options = options;
    }
    /** The server's address; names the other end of a replication. */
    get baseUrl() {
        return this.options.baseUrl;
    }
    /** One page of changes. */
    async pull(pull) {
        const query = new URLSearchParams({
            last_pulled_at: String(pull.cursor),
            schema_version: String(exports.SCHEMA_VERSION),
        });
        if (pull.limit)
            query.set('limit', String(pull.limit));
        if (pull.collections)
            query.set('collections', pull.collections.join(','));
        if (pull.tombstones)
            query.set('tombstones', '1');
        if (pull.migration)
            query.set('migration', JSON.stringify(pull.migration));
        return (await this.send('GET', query));
    }
    /** Every page from the cursor on, joined; where a record comes twice, the later one counts. */
    async pullAll(pull) {
        const joined = new Map();
        let page;
        let { cursor, migration } = pull;
        do {
            page = await this.pull({ ...pull, cursor, migration });
            for (const [name, changes] of Object.entries(page.changes)) {
                let of = joined.get(name);
                if (!of)
                    joined.set(name, (of = { rows: new Map(), gone: new Set() }));
                for (const row of [...changes.created, ...changes.updated]) {
                    of.rows.set(row.id, row);
                    of.gone.delete(row.id);
                }
                for (const id of changes.deleted) {
                    of.rows.delete(id);
                    of.gone.add(id);
                }
            }
            cursor = page.timestamp;
            migration = undefined;
        } while (page.has_more);
        const changes = {};
        for (const [name, of] of joined) {
            changes[name] = { created: [], updated: [...of.rows.values()], deleted: [...of.gone] };
        }
        return { changes, timestamp: cursor };
    }
    /** Sends changes, in as many requests as they need; `cursor` is the timestamp of the last pull. */
    async push(changes, cursor) {
        const whole = { timestamp: cursor, accepted: 0, unchanged: 0, records: [], rejected: [] };
        for (const part of parts(changes)) {
            const query = new URLSearchParams({
                last_pulled_at: String(cursor),
                schema_version: String(exports.SCHEMA_VERSION),
            });
            const answer = (await this.send('POST', query, { changes: part }));
            whole.timestamp = answer.timestamp;
            whole.accepted += answer.accepted;
            whole.unchanged += answer.unchanged;
            whole.records.push(...answer.records);
            whole.rejected.push(...answer.rejected);
        }
        return whole;
    }
    async send(method, query, content) {
        const { attempts = 5, backoff = 500 } = this.options;
        const headers = { accept: 'application/json' };
        let body;
        if (content !== undefined) {
            body = JSON.stringify(content);
            headers['content-type'] = 'application/json';
            headers['idempotency-key'] = (0, ids_js_1.uuidv7)();
            if (this.options.gzip) {
                body = await this.options.gzip(body);
                headers['content-encoding'] = 'gzip';
            }
        }
        let refused = false;
        for (let attempt = 1;; attempt++) {
            headers['authorization'] = `Bearer ${await this.options.token(refused)}`;
            const outcome = await this.attempt(method, query, headers, body);
            if (!(outcome.error instanceof SyncError))
                return outcome.answer;
            const { error } = outcome;
            if (error.status === 401 && !refused) {
                refused = true;
                continue;
            }
            if (attempt >= attempts || !repeatable(error))
                throw error;
            const wait = Math.max(outcome.retryAfter, backoff * 2 ** (attempt - 1) * (0.5 + Math.random()));
            await new Promise((done) => setTimeout(done, Math.min(wait, LONGEST_WAIT)));
        }
    }
    async attempt(method, query, headers, body) {
        const { baseUrl, timeout = 60_000, fetch: send = fetch } = this.options;
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), timeout);
        try {
            const response = await send(`${baseUrl}/v1/sync?${query}`, {
                method,
                headers,
                signal: abort.signal,
                ...(body === undefined ? {} : { body }),
            });
            const text = await response.text();
            if (response.ok)
                return { answer: JSON.parse(text), retryAfter: 0 };
            const problem = problemOf(text);
            const code = typeof problem['code'] === 'string' ? problem['code'] : '';
            const error = new SyncError(`The server answered ${response.status} ${code}`, response.status, code, problem);
            return { error, retryAfter: 1000 * (Number(response.headers.get('retry-after')) || 0) };
        }
        catch (cause) {
            // No answer, or half of one: what was sent may have been applied.
            return { error: new SyncError('The server could not be reached.', 0, '', {}, { cause }), retryAfter: 0 };
        }
        finally {
            clearTimeout(timer);
        }
    }
}
exports.Api = Api;
/** Can the same request succeed later? A key whose first copy is still under way is, too. */
function repeatable(error) {
    return ([0, 408, 425, 429, 502, 503, 504].includes(error.status) ||
        (error.status === 409 && error.code !== 'idempotency_key_reused'));
}
function problemOf(text) {
    try {
        const problem = JSON.parse(text);
        return typeof problem === 'object' && problem !== null ? { ...problem } : {};
    }
    catch {
        return {};
    }
}
/** Cuts changes into requests the server takes. */
function* parts(changes) {
    let part = {};
    let count = 0;
    let size = 0;
    for (const [name, lists] of Object.entries(changes)) {
        for (const kind of ['created', 'updated', 'deleted']) {
            for (const item of lists[kind]) {
                const length = JSON.stringify(item).length;
                if (count === MOST_CHANGES || (count > 0 && size + length > MOST_TEXT)) {
                    yield part;
                    part = {};
                    count = 0;
                    size = 0;
                }
                const into = (part[name] ??= { created: [], updated: [], deleted: [] });
                into[kind].push(item);
                count++;
                size += length;
            }
        }
    }
    if (count > 0)
        yield part;
}
