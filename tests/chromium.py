# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium without a window, driven over its debugging pipe: no package is needed."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = ('--headless=new', '--remote-debugging-pipe', '--disable-gpu', '--disable-extensions',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-default-apps', '--no-first-run', '--hide-scrollbars',
         # nothing is resolved: a request that is made fails, and is seen
         '--host-resolver-rules=MAP * ~NOTFOUND')


class Browser:
    """One page; what it asks for and complains of is kept in requests and complaints."""

    def __init__(self, limit_s=300):
        self.limit_s = limit_s
        self.profile = tempfile.mkdtemp()
        to_browser, self.write_fd = os.pipe()
        self.read_fd, from_browser = os.pipe()
        flags = list(FLAGS) + ['--user-data-dir=' + self.profile]
        if os.geteuid() == 0:
            flags.append('--no-sandbox')
        # it reads from 3 and writes to 4
        self.process = subprocess.Popen(
            ['sh', '-c', 'exec "$0" "$@" 3<&%d 4>&%d' % (to_browser, from_browser), 'chromium'] +
            flags + ['about:blank'], pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.session = 0, b'', None
        self.requests, self.complaints, self.events = [], [], []
        self.attach()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.write_fd)
        self.process.terminate()
        self.process.wait(self.limit_s)
        os.close(self.read_fd)
        shutil.rmtree(self.profile, ignore_errors=True)

    def attach(self):
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Network', 'Runtime', 'Log':
            self.call(domain + '.enable')

    def message(self, end):
        while b'\0' not in self.rest:
            if not select.select([self.read_fd], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError('chromium does not answer')
            data = os.read(self.read_fd, 1 << 20)
            if not data:
                raise EOFError('chromium ended')
            self.rest += data
        one, _, self.rest = self.rest.partition(b'\0')
        return json.loads(one)

    def note(self, message):
        method, params = message['method'], message.get('params', {})
        self.events.append(method)
        if method == 'Network.requestWillBeSent':
            self.requests.append(params['request']['url'])
        elif method in ('Log.entryAdded', 'Runtime.exceptionThrown', 'Runtime.consoleAPICalled'):
            self.complaints.append(json.dumps(params))

    def call(self, method, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b'\0')
        end = time.monotonic() + self.limit_s
        while True:
            answer = self.message(end)
            if 'method' in answer:
                self.note(answer)
            elif answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError('%s: %s' % (method, answer['error']))
                return answer['result']

    def open(self, url, width, dark, height=900):
        """Load the page anew at that width; requests and complaints are of this page alone."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.requests, self.complaints, self.events = [], [], []
        self.call('Page.navigate', url=url)
        end = time.monotonic() + self.limit_s
        while 'Page.loadEventFired' not in self.events:
            message = self.message(end)
            if 'method' in message:
                self.note(message)
        # what is asked for late is asked for by now
        self.js('new Promise(done => setTimeout(() => requestAnimationFrame(() => done(1)), 200))')

    def js(self, expression):
        """Run as the debugger, whom the page's policy does not bind."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError(answer['exceptionDetails'])
        return answer['result'].get('value')

    def screenshot(self, path):
        size = self.call('Page.getLayoutMetrics')['cssContentSize']
        clip = {'x': 0, 'y': 0, 'width': size['width'], 'height': min(size['height'], 12000),
                'scale': 1}
        data = self.call('Page.captureScreenshot', clip=clip, captureBeyondViewport=True)['data']
        with open(path, 'wb') as file:
            file.write(base64.b64decode(data))
