/** Every kind of problem, explained: what it is called, what it means, and what the reader can do. */
import { messages } from "./language";

export const problemWords = messages(
  {
    malformed: {
      title: "Vi förstod inte det som skickades",
      means: "Det som kom fram till oss gick inte att läsa.",
      remedy: "Ladda om sidan och försök igen.",
    },
    invalid: {
      title: "Något behöver rättas",
      means: "Ett eller flera fält saknas eller har fel form.",
      remedy: "Titta vid de markerade fälten, rätta och skicka igen.",
    },
    unauthenticated: {
      title: "Du behöver logga in",
      means: "Du är inte inloggad, eller så har inloggningen gått ut.",
      remedy: "Logga in och försök igen.",
    },
    forbidden: {
      title: "Det här får du inte göra",
      means: "Ditt konto har inte den behörighet som krävs.",
      remedy: "Fråga den som ansvarar för kontona på din skola, eller skriv till kontakt@larabot.se.",
    },
    csrf: {
      title: "Anropet kom från fel ställe",
      means: "För din säkerhet tar vi bara emot ändringar som görs från våra egna sidor.",
      remedy: "Ladda om sidan och gör om det du gjorde.",
    },
    "consent-required": {
      title: "Vi behöver ditt samtycke först",
      means: "Det du vill göra är frivilligt och kräver ett samtycke som inte är givet.",
      remedy: "Läs vad samtycket gäller och välj själv. Säger du nej händer ingenting.",
    },
    "step-up-required": {
      title: "Visa att det är du",
      means: "För känsliga åtgärder vill vi veta att det verkligen är du som sitter här.",
      remedy: "Skriv ditt lösenord en gång till. Det gäller sedan i fem minuter.",
    },
    "not-found": {
      title: "Det finns inte här",
      means: "Det du letar efter finns inte, har raderats eller är inte ditt.",
      remedy: "Kontrollera länken eller börja om från startsidan.",
    },
    "method-not-allowed": {
      title: "Så kan adressen inte användas",
      means: "Adressen finns, men den tar inte emot det sättet att anropa.",
      remedy: "Använd sidorna här på webbplatsen, eller läs beskrivningen av vårt API.",
    },
    "unsupported-media-type": {
      title: "Fel sorts innehåll",
      means: "Vi tar bara emot JSON på den här adressen.",
      remedy: "Ladda om sidan och försök igen.",
    },
    conflict: {
      title: "Något hann före",
      means: "Läget har ändrats sedan sidan laddades, eller så pågår redan samma sak.",
      remedy: "Ladda om sidan och se hur det ser ut nu.",
    },
    gone: {
      title: "Länken gäller inte längre",
      means: "Länken har redan använts, har gått ut, eller så är det den ledde till raderat.",
      remedy: "Be om en ny länk om du behöver en.",
    },
    "too-large": {
      title: "Texten är för lång",
      means: "Vi tar emot högst 64 kB text åt gången, ungefär tjugo sidor.",
      remedy: "Dela upp texten och skicka en del i taget.",
    },
    "rate-limited": {
      title: "Det blev för mycket på en gång",
      means: "Antingen har du nått gränsen för hur mycket som kan göras på en gång, eller så är det väldigt många som använder tjänsten just nu.",
      remedy: "Vänta en stund och försök igen.",
    },
    unavailable: {
      title: "Tjänsten svarar inte just nu",
      means: "En del av tjänsten är tillfälligt borta. Ingenting av det du skrev har sparats hos oss.",
      remedy: "Vänta någon minut och försök igen.",
    },
    "upstream-failed": {
      title: "Vår leverantör svarade inte som den skulle",
      means: "Tjänsten som utför arbetet åt oss gav ett fel. Det är inte något du har gjort.",
      remedy: "Försök igen om en liten stund.",
    },
    timeout: {
      title: "Det tog för lång tid",
      means: "Svaret kom inte i tid, så vi slutade vänta.",
      remedy: "Försök igen, gärna med en kortare text.",
    },
    "range-not-satisfiable": {
      title: "Den delen finns inte",
      means: "Det som efterfrågades ligger bortom filens slut.",
      remedy: "Hämta filen i sin helhet.",
    },
    "content-filtered": {
      title: "Texten stoppades av innehållsfiltret",
      means: "Leverantörens filter bedömde att texten kan vara skadlig. Filtret har ibland fel.",
      remedy: "Skriv om det känsliga stycket och försök igen.",
    },
    "notice-changed": {
      title: "Informationen har ändrats",
      means: "Sedan du öppnade sidan har vår integritetspolicy ändrats. Ditt ja gällde den gamla texten och har inte sparats.",
      remedy: "Läs den nya texten och svara igen. Det är den som gäller nu.",
    },
    offline: {
      title: "Du verkar vara offline",
      means: "Vi når inte nätet från din enhet.",
      remedy: "Kontrollera anslutningen och försök igen. Det du har skrivit finns kvar på sidan.",
    },
    internal: {
      title: "Något gick fel hos oss",
      means: "Ett fel som vi inte räknat med. Felet har noterats utan dina uppgifter.",
      remedy: "Försök igen. Händer det fler gånger, skriv gärna till kontakt@larabot.se.",
    },
  },
  {
    malformed: {
      title: "Vi forstod ikke det som ble sendt",
      means: "Det som kom fram til oss, lot seg ikke lese.",
      remedy: "Last siden på nytt og prøv igjen.",
    },
    invalid: {
      title: "Noe må rettes",
      means: "Ett eller flere felt mangler eller har feil form.",
      remedy: "Se ved de markerte feltene, rett opp og send på nytt.",
    },
    unauthenticated: {
      title: "Du må logge inn",
      means: "Du er ikke logget inn, eller innloggingen har gått ut.",
      remedy: "Logg inn og prøv igjen.",
    },
    forbidden: {
      title: "Dette har du ikke lov til å gjøre",
      means: "Kontoen din har ikke tilgangen som kreves.",
      remedy: "Spør den som har ansvar for kontoene på skolen din, eller skriv til kontakt@larabot.se.",
    },
    csrf: {
      title: "Kallet kom fra feil sted",
      means: "For din sikkerhet tar vi bare imot endringer som gjøres fra våre egne sider.",
      remedy: "Last siden på nytt og gjør det om igjen.",
    },
    "consent-required": {
      title: "Vi trenger samtykket ditt først",
      means: "Det du vil gjøre er frivillig og krever et samtykke som ikke er gitt.",
      remedy: "Les hva samtykket gjelder, og velg selv. Sier du nei, skjer det ingenting.",
    },
    "step-up-required": {
      title: "Vis at det er deg",
      means: "For følsomme handlinger vil vi vite at det virkelig er du som sitter her.",
      remedy: "Skriv passordet ditt én gang til. Det gjelder så i fem minutter.",
    },
    "not-found": {
      title: "Det finnes ikke her",
      means: "Det du leter etter, finnes ikke, er slettet eller er ikke ditt.",
      remedy: "Kontroller lenken eller begynn på nytt fra forsiden.",
    },
    "method-not-allowed": {
      title: "Slik kan adressen ikke brukes",
      means: "Adressen finnes, men den tar ikke imot den måten å kalle på.",
      remedy: "Bruk sidene her på nettstedet, eller les beskrivelsen av API-et vårt.",
    },
    "unsupported-media-type": {
      title: "Feil slags innhold",
      means: "Vi tar bare imot JSON på denne adressen.",
      remedy: "Last siden på nytt og prøv igjen.",
    },
    conflict: {
      title: "Noe kom i forkjøpet",
      means: "Tilstanden er endret siden siden ble lastet, eller det samme er allerede i gang.",
      remedy: "Last siden på nytt og se hvordan det står til nå.",
    },
    gone: {
      title: "Lenken gjelder ikke lenger",
      means: "Lenken er allerede brukt, har gått ut, eller det den førte til, er slettet.",
      remedy: "Be om en ny lenke hvis du trenger en.",
    },
    "too-large": {
      title: "Teksten er for lang",
      means: "Vi tar imot høyst 64 kB tekst om gangen, omtrent tjue sider.",
      remedy: "Del opp teksten og send én del om gangen.",
    },
    "rate-limited": {
      title: "Det ble for mye på en gang",
      means: "Enten har du nådd grensen for hvor mye som kan gjøres på en gang, eller så er det svært mange som bruker tjenesten akkurat nå.",
      remedy: "Vent litt og prøv igjen.",
    },
    unavailable: {
      title: "Tjenesten svarer ikke akkurat nå",
      means: "En del av tjenesten er midlertidig borte. Ingenting av det du skrev, er lagret hos oss.",
      remedy: "Vent et minutt og prøv igjen.",
    },
    "upstream-failed": {
      title: "Leverandøren vår svarte ikke som den skulle",
      means: "Tjenesten som gjør arbeidet for oss, ga en feil. Det er ikke noe du har gjort.",
      remedy: "Prøv igjen om en liten stund.",
    },
    timeout: {
      title: "Det tok for lang tid",
      means: "Svaret kom ikke i tide, så vi sluttet å vente.",
      remedy: "Prøv igjen, gjerne med en kortere tekst.",
    },
    "range-not-satisfiable": {
      title: "Den delen finnes ikke",
      means: "Det som ble etterspurt, ligger bortenfor filens slutt.",
      remedy: "Hent hele filen.",
    },
    "content-filtered": {
      title: "Teksten ble stoppet av innholdsfilteret",
      means: "Leverandørens filter mente at teksten kan være skadelig. Filteret tar noen ganger feil.",
      remedy: "Skriv om det følsomme avsnittet og prøv igjen.",
    },
    "notice-changed": {
      title: "Informasjonen er endret",
      means: "Personvernerklæringen vår er endret siden du åpnet siden. Ja-et ditt gjaldt den gamle teksten og er ikke lagret.",
      remedy: "Les den nye teksten og svar på nytt. Det er den som gjelder nå.",
    },
    offline: {
      title: "Du ser ut til å være frakoblet",
      means: "Vi når ikke nettet fra enheten din.",
      remedy: "Kontroller tilkoblingen og prøv igjen. Det du har skrevet, står fortsatt på siden.",
    },
    internal: {
      title: "Noe gikk galt hos oss",
      means: "En feil vi ikke hadde regnet med. Feilen er notert uten opplysningene dine.",
      remedy: "Prøv igjen. Skjer det flere ganger, skriv gjerne til kontakt@larabot.se.",
    },
  },
  {
    malformed: {
      title: "We could not understand what was sent",
      means: "What reached us could not be read.",
      remedy: "Reload the page and try again.",
    },
    invalid: {
      title: "Something needs correcting",
      means: "One or more fields are missing or have the wrong form.",
      remedy: "Look beside the marked fields, correct them and send again.",
    },
    unauthenticated: {
      title: "You need to sign in",
      means: "You are not signed in, or your session has ended.",
      remedy: "Sign in and try again.",
    },
    forbidden: {
      title: "You may not do this",
      means: "Your account does not have the permission that is needed.",
      remedy: "Ask whoever looks after the accounts at your school, or write to kontakt@larabot.se.",
    },
    csrf: {
      title: "The call came from the wrong place",
      means: "For your safety we only accept changes made from our own pages.",
      remedy: "Reload the page and do it once more.",
    },
    "consent-required": {
      title: "We need your consent first",
      means: "What you want to do is voluntary and needs a consent that has not been given.",
      remedy: "Read what the consent covers and choose for yourself. If you say no, nothing happens.",
    },
    "step-up-required": {
      title: "Show that it is you",
      means: "For sensitive actions we want to know that it really is you sitting here.",
      remedy: "Type your password once more. It then holds for five minutes.",
    },
    "not-found": {
      title: "It is not here",
      means: "What you are looking for does not exist, has been erased, or is not yours.",
      remedy: "Check the link or begin again from the start page.",
    },
    "method-not-allowed": {
      title: "The address cannot be used that way",
      means: "The address exists, but it does not accept that way of calling it.",
      remedy: "Use the pages here on the site, or read the description of our API.",
    },
    "unsupported-media-type": {
      title: "The wrong kind of content",
      means: "We only accept JSON at this address.",
      remedy: "Reload the page and try again.",
    },
    conflict: {
      title: "Something got there first",
      means: "Things have changed since the page was loaded, or the same thing is already under way.",
      remedy: "Reload the page and see how things stand now.",
    },
    gone: {
      title: "The link no longer holds",
      means: "The link has been used, has run out, or what it led to has been erased.",
      remedy: "Ask for a new link if you need one.",
    },
    "too-large": {
      title: "The text is too long",
      means: "We accept at most 64 kB of text at a time, about twenty pages.",
      remedy: "Divide the text and send one part at a time.",
    },
    "rate-limited": {
      title: "That was too much at once",
      means: "Either you have reached the limit of what can be done at once, or very many people are using the service right now.",
      remedy: "Wait a while and try again.",
    },
    unavailable: {
      title: "The service is not answering right now",
      means: "Part of the service is away for a moment. Nothing of what you wrote has been stored with us.",
      remedy: "Wait a minute and try again.",
    },
    "upstream-failed": {
      title: "Our supplier did not answer as it should",
      means: "The service that does the work for us returned an error. It is nothing you did.",
      remedy: "Try again in a little while.",
    },
    timeout: {
      title: "It took too long",
      means: "The answer did not come in time, so we stopped waiting.",
      remedy: "Try again, preferably with a shorter text.",
    },
    "range-not-satisfiable": {
      title: "There is no such part",
      means: "What was asked for lies beyond the end of the file.",
      remedy: "Fetch the whole file.",
    },
    "content-filtered": {
      title: "The text was stopped by the content filter",
      means: "The supplier's filter judged that the text may be harmful. The filter is sometimes wrong.",
      remedy: "Rewrite the sensitive passage and try again.",
    },
    "notice-changed": {
      title: "The information has changed",
      means: "Our privacy policy has changed since you opened this page. Your yes was for the old text and has not been saved.",
      remedy: "Read the new text and answer again. It is the one in force now.",
    },
    offline: {
      title: "You seem to be offline",
      means: "We cannot reach the network from your device.",
      remedy: "Check the connection and try again. What you have written is still on the page.",
    },
    internal: {
      title: "Something went wrong on our side",
      means: "An error we had not foreseen. It has been noted without your data.",
      remedy: "Try again. If it keeps happening, please write to kontakt@larabot.se.",
    },
  },
);
