"""The order service: looks an order up in its database, then asks the next service.

Started under `sw-python`, so every span here is made by the agent's own plugins
(http.server, urllib, PyMySQL).
"""

import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pymysql

NEXT = os.environ.get('NEXT_URL', '')
DATABASE_PORT = int(os.environ['DATABASE_PORT'])
QUICK = 'SELECT id, total FROM orders WHERE customer = %s'
SLOW = 'SELECT id, total FROM orders WHERE note LIKE %s AND SLEEP(0.3) = 0'


def look_up(slow):
    """One statement, the slow one lasting 300 ms, above the default threshold of 200 ms."""
    connection = pymysql.connect(host='localhost', port=DATABASE_PORT, user='shop', database='shop')
    try:
        with connection.cursor() as cursor:
            cursor.execute(SLOW if slow else QUICK, ('%gift%' if slow else 42,))
    finally:
        connection.close()


def ask_next(query):
    """Status of the next service in the chain; 200 where the chain ends here."""
    if not NEXT:
        return 500 if 'fail=1' in query else 200
    url = f'{NEXT}?{query}' if query else NEXT
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Handler(BaseHTTPRequestHandler):
    """`GET /checkout?slow=1&fail=1`."""

    def do_GET(self):
        parts = urlsplit(self.path)
        look_up(slow='slow' in parse_qs(parts.query))
        status = ask_next(parts.query)
        self.send_response(status)
        self.send_header('content-length', '0')
        self.end_headers()

    def log_message(self, format, *args):
        pass


ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
