// The parcel service: every span is made by the agent's http plugin, so the agent starts first.
'use strict';

require('skywalking-backend-js').default.start();

const http = require('http');

const next = process.env.NEXT_URL;

/** Status of the next service, 200 or the simulated failure where the chain ends here. */
function askNext(query, done) {
  if (!next) {
    done(query.includes('fail=1') ? 500 : 200);
    return;
  }
  const target = new URL(next);
  const options = {
    hostname: target.hostname,
    port: target.port,
    path: target.pathname + query,
    agent: false,
  };
  const request = http.request(options, (answer) => {
    answer.resume();
    answer.on('end', () => done(answer.statusCode));
  });
  request.on('error', () => done(502));
  request.end();
}

http
  .createServer((request, response) => {
    const query = new URL(request.url, 'http://parcels').search;
    askNext(query, (status) => {
      response.statusCode = status;
      response.end();
    });
  })
  .listen(Number(process.env.PORT), '127.0.0.1');
