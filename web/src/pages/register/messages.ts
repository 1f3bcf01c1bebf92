import { messages } from "../../messages/language";

export const words = messages(
  {
    title: "Skapa konto",
    lead: "Vi sparar namn, e-postadress och en envägskod av lösenordet, och om kontot: språk, roll, nivå, status, när det skapades, senaste inloggning, när lösenordet byttes och vilka webbläsare som är inloggade.",
    name: "Namn",
    have: "Har du redan ett konto?",
    sent: "Om adressen kan användas har vi skickat ett brev med en länk. Tryck på länken för att börja använda kontot.",
    sentAlso: "Inget brev? Titta i skräpposten. Vi berättar aldrig om en adress redan har ett konto.",
    basis: "Grunden är avtalet om ditt konto (artikel 6.1 b). Du kan radera allt själv när du vill. Skapar du konto åt din skola gäller skolans avtal med oss.",
    noConsent: "Att skapa konto betyder inte att du samtycker till något. Det frågar vi om separat, ett ändamål i taget.",
  },
  {
    title: "Opprett konto",
    lead: "Vi lagrer navn, e-postadresse og en enveiskode av passordet, og om kontoen: språk, rolle, nivå, status, når den ble opprettet, siste innlogging, når passordet ble byttet, og hvilke nettlesere som er innlogget.",
    name: "Navn",
    have: "Har du allerede en konto?",
    sent: "Hvis adressen kan brukes, har vi sendt en e-post med en lenke. Trykk på lenken for å ta kontoen i bruk.",
    sentAlso: "Ingen e-post? Se i søppelposten. Vi forteller aldri om en adresse allerede har en konto.",
    basis: "Grunnlaget er avtalen om kontoen din (artikkel 6 nr. 1 b). Du kan slette alt selv når du vil. Oppretter du konto for skolen din, gjelder skolens avtale med oss.",
    noConsent: "Å opprette konto betyr ikke at du samtykker til noe. Det spør vi om særskilt, ett formål om gangen.",
  },
  {
    title: "Create an account",
    lead: "We store your name, e-mail address and a one-way code of the password, and about the account: language, role, level, status, when it was created, the last sign-in, when the password was changed and which browsers are signed in.",
    name: "Name",
    have: "Do you already have an account?",
    sent: "If the address can be used, we have sent an e-mail with a link. Follow the link to start using the account.",
    sentAlso: "No e-mail? Look in the spam folder. We never tell whether an address already has an account.",
    basis: "The basis is the agreement about your account (Article 6(1)(b)). You can erase everything yourself at any time. If you create an account for your school, the school's agreement with us applies.",
    noConsent: "Creating an account does not mean that you consent to anything. We ask about that separately, one purpose at a time.",
  },
);
