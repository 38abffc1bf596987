"use strict";
// A network that loses, repeats and delays what it is told to.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Net = void 0;
const lost = () => {
    throw new TypeError('the connection broke');
};
/** One device's way to the server. */
class Net {
    /** Is the device offline? */
    offline = false;
    /** How many requests were sent. */
    sent = 0;
    /** What happens to each next request of a method; then the network is well again. */
    plans = [];
    fetch = async (input, init) => {
        if (this.offline)
            lost();
        const method = init?.method ?? 'GET';
        const request = () => {
            this.sent++;
            return fetch(input, init);
        };
        const index = this.plans.findIndex((plan) => plan.method === method);
        const [plan] = index < 0 ? [] : this.plans.splice(index, 1);
        return plan ? plan.step(request) : request();
    };
    /** Plans for the next request of this method. */
    next(method, step) {
        this.plans.push({ method, step });
    }
    /** The next request is applied; its answer is lost. */
    loseAnswer(method = 'POST') {
        this.next(method, async (request) => {
            await (await request()).text();
            return lost();
        });
    }
    /** The next request never arrives. */
    loseRequest(method = 'POST') {
        this.next(method, async () => lost());
    }
    /** The next request arrives twice at once. */
    duplicate(method = 'POST') {
        this.next(method, async (request) => {
            const [first, second] = await Promise.all([request(), request()]);
            await second.text();
            return first;
        });
    }
    /** Something happens between the server's answer and its arrival. */
    beforeArrival(method, happens) {
        this.next(method, async (request) => {
            const answer = await request();
            await happens();
            return answer;
        });
    }
    /** Something happens before the request is sent. */
    beforeSending(method, happens) {
        this.next(method, async (request) => {
            await happens();
            return request();
        });
    }
}
exports.Net = Net;
