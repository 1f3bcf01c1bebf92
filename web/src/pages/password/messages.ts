import { messages } from "../../messages/language";

export const words = messages(
  {
    forgotTitle: "Glömt lösenordet",
    forgotLead: "Skriv adressen till ditt konto, så skickar vi en länk för att välja ett nytt.",
    send: "Skicka länk",
    sent: "Om adressen hör till ett konto har vi skickat en länk. Den gäller en kort stund och kan användas en gång.",
    resetTitle: "Välj ett nytt lösenord",
    save: "Spara lösenordet",
    saved: "Lösenordet är bytt",
    savedText: "Du är utloggad överallt. Logga in med det nya lösenordet.",
    askAgain: "Be om en ny länk",
  },
  {
    forgotTitle: "Glemt passordet",
    forgotLead: "Skriv adressen til kontoen din, så sender vi en lenke for å velge et nytt.",
    send: "Send lenke",
    sent: "Hvis adressen hører til en konto, har vi sendt en lenke. Den gjelder en kort stund og kan brukes én gang.",
    resetTitle: "Velg et nytt passord",
    save: "Lagre passordet",
    saved: "Passordet er byttet",
    savedText: "Du er logget ut overalt. Logg inn med det nye passordet.",
    askAgain: "Be om en ny lenke",
  },
  {
    forgotTitle: "Forgotten password",
    forgotLead: "Write the address of your account and we will send a link for choosing a new one.",
    send: "Send a link",
    sent: "If the address belongs to an account, we have sent a link. It holds for a short while and can be used once.",
    resetTitle: "Choose a new password",
    save: "Save the password",
    saved: "The password is changed",
    savedText: "You are signed out everywhere. Sign in with the new password.",
    askAgain: "Ask for a new link",
  },
);
