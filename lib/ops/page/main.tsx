import { render } from 'preact';
import { resumeLive, restWhileHidden } from './client/live.overview.js';
import { followRoute } from './client/route.js';
import { keepTime } from './client/server.time.js';
import { App } from './shell/app.js';
import './styles/colours.css';
import './styles/elements.css';
import './styles/layout.css';
import './styles/parts.css';

followRoute();
keepTime();
resumeLive();
restWhileHidden();
render(<App />, document.body);
