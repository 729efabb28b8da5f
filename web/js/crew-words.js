/* The words of the pages for those who work: speaker and operator. */
import { addWords } from './words.js';
import ar from './words/crew/ar.js';
import de from './words/crew/de.js';
import en from './words/crew/en.js';
import es from './words/crew/es.js';
import fr from './words/crew/fr.js';
import it from './words/crew/it.js';

addWords({ en, it, es, fr, de, ar });
